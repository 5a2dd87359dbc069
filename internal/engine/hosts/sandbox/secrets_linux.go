package sandbox

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// homeSecrets are names in home folders that hold credentials, or have often been seen to.
var homeSecrets = strings.Fields(`.aws .azure .boto .cargo/credentials .cargo/credentials.toml .config .credentials
	.credentials_rsaparams .docker .env .gem/credentials .git-credentials .gnupg .gradle/gradle.properties .kube
	.local/share/keyrings .m2/settings-security.xml .m2/settings.xml .my.cnf .mylogin.cnf .netrc .npmrc .oci .password-store
	.pgpass .pypirc .s3cfg .ssh .terraform.d .terraformrc .vault-token .bash_history .python_history .zsh_history
	credentials.xml secrets actions-runner/.credentials actions-runner/.credentials_rsaparams`)

// machineSecrets are the machine's own: other containers' files, cloud-init's user data, runners' registrations, host keys.
var machineSecrets = strings.Fields(`/etc/gitlab-runner /etc/kubernetes /var/lib/cloud /var/lib/containerd /var/lib/containers
	/var/lib/docker /var/lib/kubelet /var/lib/rancher /var/lib/waagent /var/run/docker.sock /var/run/secrets
	/etc/ssh/ssh_host_dsa_key /etc/ssh/ssh_host_ecdsa_key /etc/ssh/ssh_host_ed25519_key /etc/ssh/ssh_host_rsa_key`)

// runnerFiles are variables that name a CI runner's files: through them a hook could set variables of later steps, and
// some hold tokens.
var runnerFiles = strings.Fields(`AGENT_TEMPDIRECTORY BASH_ENV BUILDKITE_ENV_FILE CIRCLE_OIDC_TOKEN_FILE GITHUB_ENV GITHUB_EVENT_PATH
	GITHUB_OUTPUT GITHUB_PATH GITHUB_STATE GITHUB_STEP_SUMMARY RUNNER_TEMP AWS_SHARED_CREDENTIALS_FILE AWS_CONFIG_FILE
	AWS_WEB_IDENTITY_TOKEN_FILE DOCKER_CONFIG GNUPGHOME GOOGLE_APPLICATION_CREDENTIALS KUBECONFIG SSH_AUTH_SOCK`)

// checkouts are variables that name the folder of the checked out sources: its .git may hold a token.
var checkouts = strings.Fields("BITBUCKET_CLONE_DIR BUILD_SOURCESDIRECTORY BUILDKITE_BUILD_CHECKOUT_PATH CI_PROJECT_DIR CI_WORKSPACE GITHUB_WORKSPACE WORKSPACE")

// secrets are all paths that an instance is not to see: the given ones, its own folder, and the machine's credentials.
func secrets(given []string, dir string) []string {
	hide := append(slices.Clone(given), dir)
	hide = append(hide, machineSecrets...)
	for _, home := range homes() {
		for _, name := range homeSecrets {
			hide = append(hide, filepath.Join(home, name))
		}
	}
	for _, name := range runnerFiles {
		// A list of files for some tools, one file for most.
		hide = append(hide, filepath.SplitList(os.Getenv(name))...)
	}
	if work, err := os.Getwd(); err == nil {
		hide = append(hide, filepath.Join(work, ".git"))
	}
	for _, name := range checkouts {
		if dir := os.Getenv(name); dir != "" {
			// Beside it, GitLab and Jenkins keep files with secrets.
			hide = append(hide, filepath.Join(dir, ".git"), dir+".tmp", dir+"@tmp")
		}
	}
	return resolve(hide)
}

// resolve adds where paths really are, if links lead there, also for those whose last part isn't there yet.
func resolve(paths []string) []string {
	var all []string
	for _, path := range paths {
		if !filepath.IsAbs(path) || filepath.Clean(path) == "/" {
			continue
		}
		path = filepath.Clean(path)
		all = append(all, path)
		if real, err := filepath.EvalSymlinks(path); err == nil {
			all = append(all, real)
		}
		if parent, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
			all = append(all, filepath.Join(parent, filepath.Base(path)))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// homes are the home folders of the machine's users, and the caller's.
func homes() []string {
	homes := []string{"/root", os.Getenv("HOME")}
	entries, _ := os.ReadDir("/home")
	for _, e := range entries {
		homes = append(homes, filepath.Join("/home", e.Name()))
	}
	if f, err := os.Open("/etc/passwd"); err == nil {
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			const home, shell = 5, 6
			fields := strings.Split(s.Text(), ":")
			if len(fields) > shell && !strings.HasSuffix(fields[shell], "nologin") && !strings.HasSuffix(fields[shell], "false") {
				homes = append(homes, fields[home])
			}
		}
	}
	homes = slices.DeleteFunc(homes, func(h string) bool { return !filepath.IsAbs(h) || filepath.Clean(h) == "/" })
	for i, h := range homes {
		homes[i] = filepath.Clean(h)
	}
	slices.Sort(homes)
	return slices.Compact(homes)
}
