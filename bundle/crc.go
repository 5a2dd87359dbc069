package bundle

import "hash/crc32"

// combineCRC returns the CRC-32 of a followed by b, from their own and the length of b. A CRC is the remainder of a polynomial over the
// field of two elements, so that n bytes behind a multiply its remainder by x to the power 8n (zlib's crc32_combine does the same).
func combineCRC(a, b uint32, n int64) uint32 {
	const byOne = 1 << 30 // x, in the bit order of CRC-32: bit 31 is x to the power 0
	power := uint32(1) << 31
	for square, left := uint32(byOne), uint64(n)*8; left > 0; left >>= 1 {
		if left&1 != 0 {
			power = times(power, square)
		}
		square = times(square, square)
	}
	return times(a, power) ^ b
}

// times multiplies two polynomials modulo that of CRC-32.
func times(a, b uint32) uint32 {
	var product uint32
	for bit := uint32(1) << 31; bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry != 0 {
			b ^= crc32.IEEE
		}
	}
	return product
}
