package lyceum.nn;

import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The residual block of ResNet-18 and 34: {@code relu(x + bn2(conv2(relu(bn1(conv1(x))))))} with 3 x 3 convolutions. The first one strides; where
 * the shape changes, x passes through a 1 x 1 convolution and a normalisation. Names are those of torchvision.
 *
 * @see <a href="https://arxiv.org/abs/1512.03385">He, Zhang, Ren and Sun (2016)</a>
 */
public final class BasicBlock extends Module {
    private final Conv2d conv1;
    private final BatchNorm bn1;
    private final Conv2d conv2;
    private final BatchNorm bn2;
    private final Sequential downsample;

    public BasicBlock(int inputs, int outputs, int stride, DType dtype, Rng rng) {
        conv1 = convolution(inputs, outputs, 3, stride, dtype, rng);
        bn1 = normalisation(outputs, dtype);
        conv2 = convolution(outputs, outputs, 3, 1, dtype, rng);
        bn2 = normalisation(outputs, dtype);
        downsample = stride == 1 && inputs == outputs ? null : shortcut(inputs, outputs, stride, dtype, rng);
    }

    static Conv2d convolution(int inputs, int outputs, int kernel, int stride, DType dtype, Rng rng) {
        return new Conv2d(inputs, outputs, new int[] {kernel}, new Convolution().withStride(stride).withPadding(kernel / 2), false, dtype,
                Init.heNormal(), rng);
    }

    static BatchNorm normalisation(int channels, DType dtype) { return new BatchNorm(channels, 1e-5, 0.1, dtype); }

    static Sequential shortcut(int inputs, int outputs, int stride, DType dtype, Rng rng) {
        return new Sequential(convolution(inputs, outputs, 1, stride, dtype, rng), normalisation(outputs, dtype));
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        var y = bn1.forward(conv1.forward(x, pass), pass);
        y = Activation.RELU.forward(y, pass);
        y = bn2.forward(conv2.forward(y, pass), pass);
        var kept = downsample == null ? x : downsample.forward(x, pass);
        return Activation.RELU.forward(y.add(kept), pass);
    }
}
