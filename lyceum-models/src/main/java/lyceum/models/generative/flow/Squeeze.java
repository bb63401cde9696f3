package lyceum.models.generative.flow;

import lyceum.ShapeException;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * Space into channels: (n, c, h, w) to (n, c f f, h / f, w / f), channel {@code k} of field (a, b) becoming channel {@code (k f + a) f + b}. Volume stays.
 *
 * @see <a href="https://arxiv.org/abs/1605.08803">Dinh, Sohl-Dickstein and Bengio (2017), section 3.6</a>
 */
public final class Squeeze extends FlowLayer {
    private final int factor;

    /** Fields of 2 x 2. */
    public Squeeze() { this(2); }

    public Squeeze(int factor) {
        if (factor < 2) throw new IllegalArgumentException("Squeeze: factor " + factor + "; at least 2");
        this.factor = factor;
    }

    @Override public Moved transform(Tensor x, Pass pass) {
        if (x.rank() != 4 || x.size(2) % factor != 0 || x.size(3) % factor != 0)
            throw new ShapeException("Squeeze: pictures " + x.shape() + "; height and width are multiples of " + factor);
        long n = x.size(0), c = x.size(1), h = x.size(2) / factor, w = x.size(3) / factor;
        var fields = x.reshape(n, c, h, factor, w, factor).permute(0, 1, 3, 5, 2, 4);
        return new Moved(fields.reshape(n, c * factor * factor, h, w), none(x));
    }

    @Override public Moved inverse(Tensor y, Pass pass) {
        if (y.rank() != 4 || y.size(1) % (factor * factor) != 0)
            throw new ShapeException("Squeeze: " + y.shape() + " has no multiple of " + factor * factor + " channels");
        long n = y.size(0), c = y.size(1) / factor / factor, h = y.size(2), w = y.size(3);
        var fields = y.reshape(n, c, factor, factor, h, w).permute(0, 1, 4, 2, 5, 3);
        return new Moved(fields.reshape(n, c, h * factor, w * factor), none(y));
    }
}
