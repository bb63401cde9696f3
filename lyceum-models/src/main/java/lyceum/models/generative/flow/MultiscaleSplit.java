package lyceum.models.generative.flow;

import lyceum.ShapeException;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * Half of the channels is finished, the other half goes on: from (n, c, h, w) to (n, c h w), the finished half first, then what {@code rest} makes of the second.
 * Deeper layers so have less to move, and coarse structure is modelled last.
 *
 * @see <a href="https://arxiv.org/abs/1605.08803">Dinh, Sohl-Dickstein and Bengio (2017), section 3.6</a>
 */
public final class MultiscaleSplit extends FlowLayer {
    private final FlowLayer rest;
    private final int channels, height, width;

    /** @param rest takes (n, c - c / 2, h, w) */
    public MultiscaleSplit(int channels, int height, int width, FlowLayer rest) {
        if (channels < 2) throw new IllegalArgumentException("MultiscaleSplit: " + channels + " channels; at least 2");
        this.channels = channels;
        this.height = height;
        this.width = width;
        this.rest = rest;
    }

    @Override public Moved transform(Tensor x, Pass pass) {
        if (x.rank() != 4 || x.size(1) != channels || x.size(2) != height || x.size(3) != width) throw new ShapeException(
                "MultiscaleSplit: pictures " + x.shape() + "; they are (n, " + channels + ", " + height + ", " + width + ")");
        int done = channels / 2;
        var moved = rest.transform(x.narrow(1, done, channels - done), pass);
        long n = x.size(0);
        return new Moved(Tensor.concat(1, x.narrow(1, 0, done).reshape(n, -1), moved.value().reshape(n, -1)), moved.logDet());
    }

    @Override public Moved inverse(Tensor y, Pass pass) {
        long n = y.size(0), done = channels / 2, first = done * height * width, all = (long) channels * height * width;
        if (y.rank() != 2 || y.size(1) != all) throw new ShapeException("MultiscaleSplit: " + y.shape() + " back; it is (n, " + all + ")");
        var inner = rest.outputShape(y.dtype(), n, channels - done, height, width).toArray();
        var moved = rest.inverse(y.narrow(1, first, all - first).reshape(inner), pass);
        return new Moved(Tensor.concat(1, y.narrow(1, 0, first).reshape(n, done, height, width), moved.value()), moved.logDet());
    }
}
