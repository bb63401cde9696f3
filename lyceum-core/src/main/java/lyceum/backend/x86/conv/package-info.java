/**
 * Convolution in machine code: forward, and the gradients by the input and by the weight. Start at
 * {@link lyceum.backend.x86.conv.MachineConvolution}, which plans; {@code OffsetProduct} is the kernel.
 *
 * <p><b>One kernel for all three.</b> A convolution is a product of matrices of which one is never written out: its row for channel c and tap t is
 * the image, moved. In a padded image, seen as one long line, moving by a tap is adding one distance, whatever the position; so a table of
 * distances, one for each (c, t), is all the kernel needs. The weight's elements it broadcasts lie at distances from a table as well, which makes
 * the gradient by the input the same product with other tables, and the transposed weight is never made. A stride cuts the image into phases, in
 * which it is 1. For the gradient by the weight the image is turned channels last, so that a vector holds channels and the sum runs over positions.
 * Ends of lines are computed and left out when a vector is stored (2 to 13% of the lanes); where that would waste more, as at 7 x 7,
 * {@code PackedProduct} packs a block of columns densely.
 *
 * <p><b>Winograd.</b> 3 x 3 kernels of stride 1 with many channels and positions go by tiles of 4 x 4 outputs ({@code Winograd}): a quarter of the
 * products, by the standing kernels of matrices, between two transforms.
 *
 * <p><b>BF16 by tiles</b> ({@code TileConvolution}): pairs of channels stand side by side in padded planes ({@code PairedPlanes}), and sums go from the tiles to finished lines in
 * one pass, with bias and RELU. Where channels are few, the columns of the kernel are channels: of the 7 x 7 of 3 channels, 21. From a batch of 4 on, and where the weight leaves
 * room in the second-level cache, an example is one task, so that its planes lie with the core that reads them. Measured on Sapphire Rapids, one thread, batch of 8, ms (in
 * brackets by vectors, or with sums that went by rows of F32 and a program of their own, and planes that all threads made): 7 x 7 of stride 2, 3 to 64 channels
 * 224 x 224 5.1 (33.8); 3 x 3, 64 channels 56 x 56 2.23 (3.78), 256 to 512 of stride 2 1.54 (2.00), 512 channels 7 x 7 3.08 (3.43); 1 x 1, 64 to 256 channels 56 x 56 2.33
 * (3.23). BF16 is pooled as it lies: 3 x 3 of stride 2, 64 channels 112 x 112 2.30 (6.44, widened before).
 *
 * <p><b>Depthwise</b> kernels of up to 3 x 3 are read straight from the planes under masks ({@code PlaneKernel},
 * {@code PlaneBack}), with a stride of 1 each line once for all lines of the kernel ({@code PlaneRoll}); larger ones and those of F64 from a padded plane in cache
 * ({@code ChannelConvolution}). A column of vectors goes down a plane and asks for the next plane as it goes: on Zen 5, one thread, batch of 8, 3 x 3, 32 channels of 112 x 112
 * take 2.0 ms without asking and 0.42 with it, where a copy of x takes 0.30 to 0.38. BF16 and F16 are widened, summed in F32
 * and rounded once; a view with gaps is made dense.
 *
 * <p><b>Pooling.</b> A mean is a depthwise convolution with ones. A maximum ({@code MaxPoolKernel}) takes its taps last to first, so that the first of
 * equals stays; its gradient adds each number where the index says, one by one.
 *
 * <p><b>Bits.</b> An element is one running sum of multiply-adds over channel and tap (except for Winograd's), in blocks whose borders the sizes alone
 * decide; depthwise gradients by the weight are added over the examples in double. Neither tiles nor threads change a bit. An infinity or NaN reaches what reads it
 * and nothing else: padding is left out or 0, lanes between lines are dropped.
 *
 * <p><b>Bias and RELU</b> are compiled into the kernels, other than for products of matrices, where a program takes finished pieces of the sums: over ResNet-18's layers (batch of 8,
 * two threads) they cost 0 to 3% there, a pass of its own over y 2 to 8% (16% for the first layer, 30% for 1 x 1 of 64 to 128), and a program on each finished stripe of columns or round of Winograd's
 * tiles as much as that pass or more (4 to 20%): a stripe is 48 positions wide, so the program starts a new line every three vectors.
 *
 * <p><b>Measured</b> alone on Zen 4 (peak 117.5 GFLOP/s a thread), medians, F32, batch of 8, GFLOP/s of the definition: 3 x 3 of stride 1, forward, by Winograd's
 * algorithm, one thread (two): 64 channels 56 x 56 196 (365), 128 channels 28 x 28 216 (391), 256 channels 14 x 14 187 (311), 512 channels 7 x 7 141 (245); the
 * direct product in the same run 89 to 99 (151 to 186). Stride 2, 3 x 3, on one thread (two): 64 to 128 channels 92 (175), 128 to 256 93 (172), 256 to 512 98 (198);
 * of the second's 10 ms the product takes 8.5, cutting into phases 0.5, packing 0.5. Asking for x 8 steps ahead brought the first 10%, which streams from the second-level
 * cache; asking for the weight or y, 16 steps, unrolling, packed blocks of 17 or 26 vectors and of 128 to 384 steps were within the noise of 4%. Beside libtorch:
 * {@code lyceum bench conv}. A gather takes 83 cycles for 16 elements here, so the
 * tiles are read by masked loads and shuffles, and written 16 bytes at a time: as fast as scatters within the noise, or faster, and AVX2 has none. With AVX2,
 * batch of 1, one thread: 64 channels 28 x 28 166, 128 channels 28 x 28 230, 32 channels 56 x 56 104; the direct product 80, 92 and 69.
 */
package lyceum.backend.x86.conv;
