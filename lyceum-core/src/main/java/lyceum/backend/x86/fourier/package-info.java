/**
 * Fourier transforms in machine code. A line of {@code n = n1 n2} numbers is taken as a matrix: its columns are transformed, some at a time so that they stay in the
 * second-level cache, multiplied by powers of the root of unity, and turned; then its new columns are transformed (Bailey, 1990). So every instruction works on
 * neighbours, whatever the length. A length with other factors than 2, 3 and 5 is a convolution of a longer one that has none (Bluestein, 1970).
 */
package lyceum.backend.x86.fourier;
