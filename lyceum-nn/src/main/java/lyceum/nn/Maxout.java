package lyceum.nn;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * The largest of every {@code pieces} neighbours of the last axis, from (.., units * pieces) to (.., units): behind a {@link Linear} layer, each unit learns a
 * convex function of that many straight pieces. Of equal ones the gradient is shared.
 *
 * {@snippet :
 * var layer = new Sequential(new Linear(64, 32 * 3, rng), new Maxout(3));      // 32 units
 * }
 *
 * @param pieces at least 1
 * @see <a href="https://arxiv.org/abs/1302.4389">Goodfellow, Warde-Farley, Mirza, Courville and Bengio (2013)</a>
 */
public record Maxout(int pieces) implements Layer {
    public Maxout {
        if (pieces < 1) throw new IllegalArgumentException("Maxout: pieces is " + pieces + "; it is at least 1");
    }

    @Override public Tensor forward(Tensor x, Pass pass) {
        if (x.rank() < 1 || x.size(-1) % pieces != 0)
            throw new ShapeException("Maxout: input " + x.shape() + "; its last axis is a multiple of " + pieces + " pieces");
        long[] sizes = x.shape().toArray(), wide = Arrays.copyOf(sizes, sizes.length + 1);
        wide[sizes.length - 1] = x.size(-1) / pieces;
        wide[sizes.length] = pieces;
        return pass.show(this, x, x.reshape(wide).max(-1));
    }
}
