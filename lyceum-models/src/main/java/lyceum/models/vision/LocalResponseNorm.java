package lyceum.models.vision;

import lyceum.ShapeException;
import lyceum.nn.Layer;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Divides each value by what its neighbours in other channels do: {@code x_i / (k + alpha sum_j x_j^2)^beta}, j over the {@code size}
 * channels around i, for (batch, channels, ..).
 *
 * <p>PyTorch's {@code LocalResponseNorm} divides alpha by the size: its 5e-4 at size 5 is 1e-4 here and in the paper.
 *
 * @param size channels that count, 5 in the paper; an even size reaches one further back
 * @param alpha of the sum of squares, 1e-4 in the paper
 * @param beta exponent, 0.75
 * @param k 2 in the paper
 * @see <a href="https://papers.nips.cc/paper/4824">Krizhevsky, Sutskever and Hinton (2012), section 3.3</a>
 */
@Withers
public record LocalResponseNorm(int size, double alpha, double beta, double k) implements Layer, LocalResponseNormWithers {
    public LocalResponseNorm {
        if (size < 1) throw new IllegalArgumentException("LocalResponseNorm: size is " + size + "; at least 1");
    }

    /** The paper's: 5 channels, 1e-4, 0.75, 2. */
    public LocalResponseNorm() { this(5, 1e-4, 0.75, 2); }

    @Override public Tensor forward(Tensor x, Pass pass) {
        if (x.rank() < 2) throw new ShapeException("LocalResponseNorm: input " + x.shape() + "; it needs channels on axis 1");
        var squares = x.square().pad(1, size / 2, (size - 1) / 2, 0);
        var sum = squares.narrow(1, 0, x.size(1));
        for (int j = 1; j < size; j++) sum = sum.add(squares.narrow(1, j, x.size(1)));
        return x.div(sum.mul(alpha).add(k).pow(beta));
    }
}
