package lyceum.models.ssl;

import lyceum.nn.loss.InfoNce;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Momentum contrast: the query of one view picks the key of the other among the keys of earlier batches. A slowly following encoder makes the keys, so
 * that those in the queue fit together; no gradient enters it. Useless features give about {@code log(queue + 1)}.
 *
 * @param queue keys that are kept, oldest out first; random directions at the beginning
 * @param temperature above 0
 * @param momentum of the key encoder, in [0, 1]: {@code key = m key + (1 - m) query} after each step. Scale it to the length of the run
 * @see <a href="https://arxiv.org/abs/1911.05722">He, Fan, Wu, Xie and Girshick (2020)</a>
 * @see InfoNce#against
 */
@Withers
public record MoCo(int queue, double temperature, double momentum) implements MoCoWithers, ViewObjective {
    public MoCo {
        new InfoNce(temperature);
        if (queue < 1) throw new IllegalArgumentException("MoCo: a queue of " + queue + " keys; it holds at least 1");
        if (!(momentum >= 0 && momentum <= 1)) throw new IllegalArgumentException("MoCo: momentum is " + momentum + "; it lies in [0, 1]");
    }

    /** The paper's: 65,536 keys, 0.07, 0.999. */
    public MoCo() { this(65_536, 0.07, 0.999); }

    /** Of queries and their keys (n, d), and other keys (k, d), in any length. */
    public Tensor of(Tensor queries, Tensor keys, Tensor negatives) {
        return new InfoNce(temperature).against(queries, keys, negatives).loss();
    }

    @Override public Tensor loss(Outputs seen) { return of(seen.first(), seen.secondTarget(), seen.negatives()); }

    @Override public Target target() { return Target.TEACHER; }

    @Override public boolean isSymmetric() { return false; }

    @Override public double momentum(long step, long steps) { return momentum; }
}
