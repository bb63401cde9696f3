/**
 * Matrix products in machine code. Start at {@link lyceum.backend.x86.gemm.Gemm}; {@code Blocking} is the cost model, {@code MicroKernel} the
 * generator of the inner loops, {@code PackKernel}, {@code InterleaveKernel} and {@code LineKernel} those of the copies around them, and
 * {@code DotKernel} that of few rows by a transposed matrix. {@code Arithmetic} has a row for each way to multiply.
 *
 * <p>Measured on one thread of a Zen 4 (AVX-512 in two passes) with nothing else running, in billions of operations a second. Multiply-adds of F32 in
 * registers alone do 117, the micro-kernel alone the same; what lacks at 1024 is packing A (2 to 3%), what the first tile of a panel waits for (1 to
 * 2%) and the columns of C that come and go (3%).
 *
 * <table>
 * <caption>Squares</caption>
 * <tr><th>n</th><th>F32</th><th>BF16</th><th>I8 to I32</th><th>F64</th></tr>
 * <tr><td>256</td><td>114</td><td>197</td><td></td><td>52</td></tr>
 * <tr><td>512</td><td>109</td><td></td><td></td><td></td></tr>
 * <tr><td>1024</td><td>109</td><td>197</td><td>417</td><td>52</td></tr>
 * <tr><td>2048</td><td>112</td><td></td><td></td><td></td></tr>
 * </table>
 */
package lyceum.backend.x86.gemm;
