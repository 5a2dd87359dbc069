// Package bundle turns a folder into a reproducible archive, and lists, identifies, digests and unpacks archives safely.
//
// A bundle is the archive that CodeDeploy's agent downloads: zip, tar, or gzipped tar. The work is three separate moves.
// [Scan] walks a folder and hashes it into a [Manifest]; the manifest has a digest that names the content; [Write]
// streams the archive of what was scanned to any io.Writer, on all cores, checking every file again, so that a file that changed in
// between ends the writing instead of going out under a wrong digest. Neither takes memory by the size of files: a pool of blocks of 512 KiB,
// about 4 MiB for each worker, and for each entry about 150 bytes beside its name.
//
// # The same tree gives the same bytes
//
// Entries are sorted by name, bytewise. An entry's mode is 0755 when the file has any execute bit, else 0644; times are
// 1980-01-01 00:00 in zip (a zip knows no zone) and 0 in tar; no owner, no group, no host. Files, symbolic links and
// empty folders are entries; other folders follow from the names in them. Links are kept as links, unless Options.FollowLinks asks for what
// they lead to; a link that leads out of the folder is refused. Hidden files are included. Left out are: what the file .codedeployignore at
// the root names, with gitignore's meaning, and that file itself; anything named
// .codedeploy-steps (state of this project's engine) and anything named .git, at every level. Git itself refuses to track
// a path of that name, so a repository loses nothing, and .git/config may hold a token that a bundle must not carry.
// Where blocks begin depends on names and sizes only, so that the number of workers changes nothing.
// Deflate's output may change with the version of github.com/klauspost/compress; the manifest's digest does not.
//
// # Reading what others made
//
// [List], [Read], [Open] and [Extract] accept archives of any origin and trust none: absolute names, "..", control
// characters, backslashes, devices, entries that collide, damaged contents and bombs ([Limits]) are refused with the name
// of the entry. [Extract] works through os.Root, never writes through a link, and gives files the permission bits that the
// archive names, but neither owners, set-user-id bits nor times.
//
// It does not upload, does not know AWS, and knows of an AppSpec only what it is named. Facts about formats come from PKWARE's
// APPNOTE.TXT, POSIX pax and RFC 1952; what the agent does with a bundle comes from its documentation and behaviour.
package bundle
