/**
 * Matrix products in machine code. Start at {@link lyceum.backend.x86.gemm.Gemm}; {@code Costs} is the table of the cost model by which {@code Blocking}
 * cuts, {@code MicroKernel} the generator of the inner loops, {@code PackKernel}, {@code InterleaveKernel} and {@code LineKernel} those of the copies around them, and
 * {@code DotKernel} that of few rows by a transposed matrix, {@code StreamKernel} that of one row where memory is far. {@code Arithmetic} has a row for each way to multiply.
 *
 * <p>{@code PanelProducts} multiplies by panels that hold more: right matrices packed once ({@code PackedPanels}), and F32 split into parts of BF16
 * ({@code SplitProducts}, which looks at magnitudes first, {@code SplitKernel}). {@code TileProducts} multiplies by the tiles of AMX: {@code TilePacking} brings
 * operands to them and sums away, {@code TileKernel} is the generator of the inner loop. It writes through {@code Tiles}: tile instructions, or in tests the same
 * effect on memory by AVX2 or AVX-512, so that kernels, packing, blocking and edges are executed on CPUs without tiles.
 *
 * <p>Measured on one thread of a Granite Rapids (AVX-512, AMX, 3.45 GHz; a virtual machine, whose third-level cache gives a core 27 GB/s): multiply-adds of F32
 * in registers alone do 200 to 212, with their loads from the first-level cache 183 to 197, as the clock falls; a product of 1024 does 140 to 155: A, B and C
 * come from beyond the second-level cache, and although most of it is asked for early they share 27 GB/s. Tiles of BF16 do 2300 to 2550 with
 * operands in the first-level cache, 1350 to 1600 with sums in the second, products of 256 to 4096 830 to 920; bytes 1570 to 2080; six products of F32 190 to 208.
 *
 * <p>Measured on one thread of a Zen 5 (full AVX-512, first-level cache of 48 KB), as squares of 256, 512, 1024, 2048 and 4096: multiply-adds of F32 in registers
 * alone do 269; F32 258, 259, 264, 258, 263; F64 127, 122, 125, 124 (to 2048); BF16 487, 483, 499, 474, 461; U8 by I8 979, 1014, 1037, 1024, 1015. What lacks of
 * BF16 is packing, which takes as long as for floats while the sums take half as long.
 *
 * <p>Measured on one thread of a Zen 4 (AVX-512 in two passes) with nothing else running, in billions of operations a second. Multiply-adds of F32 in
 * registers alone do 117, the micro-kernel alone on operands in the cache the same. What lacks at 1024: packing A takes 2.4%, and the kernels take 4%
 * more than alone, about half of it for C.
 *
 * <table>
 * <caption>Squares</caption>
 * <tr><th>n</th><th>F32</th><th>BF16</th><th>I8 to I32</th><th>F64</th></tr>
 * <tr><td>256</td><td>114</td><td>197</td><td></td><td>52</td></tr>
 * <tr><td>512</td><td>109</td><td></td><td></td><td></td></tr>
 * <tr><td>1024</td><td>109</td><td>197</td><td>417</td><td>52</td></tr>
 * <tr><td>2048</td><td>112</td><td></td><td></td><td></td></tr>
 * </table>
 *
 * <p>On the idle CPU, one thread: F32 from parts at 1024, GFLOP/s: six products 34, three 67, one 181; so without tiles the splits
 * are slower than F32, and are there for their errors to be known. A packed right matrix beside the same one in rows, times as fast:
 *
 * <table>
 * <caption>Packed right matrices (k x n)</caption>
 * <tr><th>rows</th><th>F32 768x768</th><th>768x3072</th><th>3072x768</th><th>BF16 768x768</th><th>768x3072</th><th>3072x768</th><th>I8 768x768</th><th>768x3072</th><th>3072x768</th></tr>
 * <tr><td>1</td><td>0.85</td><td>1.11</td><td>0.90</td><td>2.08</td><td>1.73</td><td>2.01</td><td>4.31</td><td>3.18</td><td>3.26</td></tr>
 * <tr><td>8</td><td>0.98</td><td>1.01</td><td>0.99</td><td>1.52</td><td>1.57</td><td>1.57</td><td>2.03</td><td>2.05</td><td>2.06</td></tr>
 * <tr><td>32</td><td>1.00</td><td>1.33</td><td>0.97</td><td>1.14</td><td>1.18</td><td>1.14</td><td>1.23</td><td>1.25</td><td>1.24</td></tr>
 * </table>
 */
package lyceum.backend.x86.gemm;
