package step

// nearest gives the word that was probably meant, or "".
func nearest(word string, words []string) string {
	best, least := "", len(word)/3+1
	for _, w := range words {
		if d := distance(word, w); d <= least && d < len(w) {
			best, least = w, d-1
		}
	}
	return best
}

// distance counts the letters to change, add, drop or swap with the next one.
func distance(a, b string) int {
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}

// DidYouMean ends a sentence about an unknown word.
func DidYouMean(word string, words []string) string {
	if w := nearest(word, words); w != "" {
		return "; did you mean " + w + "?"
	}
	return ""
}
