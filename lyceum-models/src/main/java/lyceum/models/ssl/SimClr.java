package lyceum.models.ssl;

import lyceum.ShapeException;
import lyceum.nn.loss.InfoNce;
import lyceum.tensor.Tensor;

/**
 * SimCLR's NT-Xent: each of a batch's 2n views picks the other view of its own among the 2n - 1 others, by cosine over a temperature. Useless features give
 * about {@code log(2n - 1)}.
 *
 * @param temperature above 0
 * @see <a href="https://arxiv.org/abs/2002.05709">Chen, Kornblith, Norouzi and Hinton (2020)</a>
 * @see InfoNce#twoViews
 */
public record SimClr(double temperature) implements ViewObjective {
    public SimClr { new InfoNce(temperature); }

    /** At 0.5. */
    public SimClr() { this(0.5); }

    /** Of projections (n, d) of both views, in any length. @throws ShapeException if n is 1: of one thing alone nothing is to be told apart */
    public Tensor of(Tensor first, Tensor second) {
        if (first.rank() == 2 && first.size(0) == 1) throw new ShapeException(
                "SimClr: views " + first.shape() + " of one thing; each is told from those of others, take batches of 2 at least");
        return new InfoNce(temperature).twoViews(first, second).loss();
    }

    @Override public Tensor loss(Outputs seen) { return of(seen.first(), seen.second()); }
}
