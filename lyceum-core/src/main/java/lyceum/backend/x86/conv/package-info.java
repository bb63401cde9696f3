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
 * <p><b>Depthwise</b> kernels of up to 3 x 3 are read straight from the planes under masks ({@code PlaneKernel},
 * {@code PlaneBack}); larger ones from a padded plane in cache ({@code ChannelConvolution}). What no kernel covers (F64, halves, views with gaps) goes to the backend beneath.
 *
 * <p><b>Bits.</b> An element is one running sum of multiply-adds over channel and tap, in blocks whose borders the sizes alone decide; depthwise
 * gradients by the weight are added over the examples in double. Neither tiles nor threads change a bit. An infinity or NaN reaches what reads it
 * and nothing else: padding is left out or 0, lanes between lines are dropped.
 *
 * <p><b>Measured</b> on Zen 4 (peak 117.5 GFLOP/s a thread), one thread, processor time, libtorch 2.7.1 in turns, best of nine medians while other
 * work ran beside: the kernel in cache 117.5; ResNet-18's 3 x 3 layers at batch 1 forward 78 to 102 against 72 to 102, at batch 8 80 to 100
 * against 88 to 115 (0.81 to 1.1, the least at 14 x 14 and 7 x 7, where libtorch comes to 0.98 of the peak; there the tiles alone reach 113 with
 * everything in the second-level cache, so the rest is lost to packing and to weights that come from further away, which prefetching them did not
 * mend); gradients by the input 0.8 to 1.2, by the weight 0.9 to 1.2; 1 x 1 with stride 2 1.3 to 2.2; depthwise 3 x 3, forward and
 * both gradients, 1.4 to 4.8. AVX2 copies in Java loops and was not measured. Winograd's F(2x2, 3x3) was not tried: the direct
 * product is within a tenth to a fifth of the peak, and keeps the bits of the definition.
 */
package lyceum.backend.x86.conv;
