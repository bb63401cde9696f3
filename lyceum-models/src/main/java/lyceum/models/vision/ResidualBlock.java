package lyceum.models.vision;

import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Init;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A block of a {@link ResNet} in all its kinds: basic or bottleneck, with norms behind or before the convolutions, with or without a
 * shortcut. Names are torchvision's.
 */
final class ResidualBlock extends Module {
    private final ResNetConfig config;
    private final int stride, outputs;
    private final Module conv1;
    private final BatchNorm bn1;
    private final Module conv2;
    private final BatchNorm bn2;
    private final Module conv3;
    private final BatchNorm bn3;
    private final Sequential downsample;

    ResidualBlock(ResNetConfig c, int inputs, int stage, int stride, Rng rng) {
        config = c;
        this.stride = stride;
        outputs = c.channelsOf(stage);
        int inner = (c.width() << stage) * c.widening();
        if (c.bottleneck()) {
            conv1 = conv(c, inputs, inner, 1, c.strideFirst() ? stride : 1, 1, rng);
            bn1 = norm(c, c.preActivation() ? inputs : inner);
            conv2 = conv(c, inner, inner, 3, c.strideFirst() ? 1 : stride, c.groups(), rng);
            bn2 = norm(c, inner);
            conv3 = conv(c, inner, outputs, 1, 1, 1, rng);
            bn3 = norm(c, c.preActivation() ? inner : outputs);
        } else {
            conv1 = conv(c, inputs, inner, 3, stride, 1, rng);
            bn1 = norm(c, c.preActivation() ? inputs : inner);
            conv2 = conv(c, inner, outputs, 3, 1, 1, rng);
            bn2 = norm(c, c.preActivation() ? inner : outputs);
            conv3 = null;
            bn3 = null;
        }
        boolean projects = c.residual() && (stride > 1 || inputs != outputs) && c.shortcut() == ResNetConfig.Shortcut.PROJECTION;
        var projection = projects ? conv(c, inputs, outputs, 1, stride, 1, rng) : null;
        downsample = !projects ? null : c.preActivation() ? new Sequential(projection) : new Sequential(projection, norm(c, outputs));
        if (c.zeroInit()) silence();
    }

    /** The branch begins at zero: by its last norm, or, where norms stand before, by its last convolution. */
    private void silence() {
        var last = config.preActivation() ? (conv3 == null ? conv2 : conv3) : bn3 == null ? bn2 : bn3;
        Autograd.noGrad(() -> { last.parameters().get("weight").zero_(); });
    }

    static Conv2d conv(ResNetConfig c, int inputs, int outputs, int kernel, int stride, int groups, Rng rng) {
        var how = new Convolution().withStride(stride).withPadding(kernel / 2).withGroups(groups).withMode(c.padding());
        var fanOut = Init.normal(Math.sqrt(2.0 / (outputs * kernel * kernel)));
        return new Conv2d(inputs, outputs, new int[] {kernel}, how, false, c.dtype(), fanOut, rng);
    }

    static BatchNorm norm(ResNetConfig c, int channels) { return new BatchNorm(channels, 1e-5, 0.1, c.dtype()); }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (config.preActivation()) {
            var first = bn1.forward(x, pass).relu();
            var y = conv2.forward(bn2.forward(conv1.forward(first, pass), pass).relu(), pass);
            if (conv3 != null) y = conv3.forward(bn3.forward(y, pass).relu(), pass);
            return config.residual() ? y.add(shortcut(x, downsample == null ? x : first, pass)) : y;
        }
        var y = bn2.forward(conv2.forward(bn1.forward(conv1.forward(x, pass), pass).relu(), pass), pass);
        if (conv3 != null) y = bn3.forward(conv3.forward(y.relu(), pass), pass);
        return (config.residual() ? y.add(shortcut(x, x, pass)) : y).relu();
    }

    private Tensor shortcut(Tensor x, Tensor projected, Pass pass) {
        if (downsample != null) return downsample.forward(projected, pass);
        var kept = stride == 1 ? x : x.slice(2, 0, x.size(2), stride).slice(3, 0, x.size(3), stride);
        return x.size(1) == outputs ? kept : kept.pad(1, (outputs - x.size(1)) / 2, outputs - x.size(1) - (outputs - x.size(1)) / 2, 0);
    }
}
