package lyceum.nn;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The residual block of ResNet-50 and deeper ones: 1 x 1, 3 x 3 and 1 x 1 convolutions, the last with four times the width. The middle one
 * strides, as torchvision's does (in the paper the first); see {@link BasicBlock}.
 *
 * @see <a href="https://arxiv.org/abs/1512.03385">He, Zhang, Ren and Sun (2016)</a>
 */
public final class Bottleneck extends Module {
    private static final int EXPANSION = 4;

    private final Conv2d conv1;
    private final BatchNorm bn1;
    private final Conv2d conv2;
    private final BatchNorm bn2;
    private final Conv2d conv3;
    private final BatchNorm bn3;
    private final Sequential downsample;

    /** @param width of the two inner convolutions; the block gives four times as many channels */
    public Bottleneck(int inputs, int width, int stride, DType dtype, Rng rng) {
        int outputs = EXPANSION * width;
        conv1 = BasicBlock.convolution(inputs, width, 1, 1, dtype, rng);
        bn1 = BasicBlock.normalisation(width, dtype);
        conv2 = BasicBlock.convolution(width, width, 3, stride, dtype, rng);
        bn2 = BasicBlock.normalisation(width, dtype);
        conv3 = BasicBlock.convolution(width, outputs, 1, 1, dtype, rng);
        bn3 = BasicBlock.normalisation(outputs, dtype);
        downsample = stride == 1 && inputs == outputs ? null : BasicBlock.shortcut(inputs, outputs, stride, dtype, rng);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        var y = Activation.RELU.forward(bn1.forward(conv1.forward(x, pass), pass), pass);
        y = Activation.RELU.forward(bn2.forward(conv2.forward(y, pass), pass), pass);
        y = bn3.forward(conv3.forward(y, pass), pass);
        var kept = downsample == null ? x : downsample.forward(x, pass);
        return Activation.RELU.forward(y.add(kept), pass);
    }
}
