package lyceum.train.robust;

import lyceum.DType;
import lyceum.tensor.Tensor;

/** What an attack raises: a number for each row, the larger the worse for the model. */
public enum AttackObjective {
    /** Cross-entropy of the true class. */
    CROSS_ENTROPY {
        @Override public Tensor of(Tensor logits, Tensor classes) {
            return logits.logSoftmax(-1).gather(1, classes.to(DType.I64).unsqueeze(1)).squeeze(1).neg();
        }
    },
    /** The largest other logit less the true one (Carlini and Wagner 2017): above 0 where the model is wrong, and never saturated. */
    MARGIN {
        @Override public Tensor of(Tensor logits, Tensor classes) {
            var own = classes.oneHot(DType.BOOL, logits.size(1));
            return logits.maskedFill(own, Double.NEGATIVE_INFINITY).max(1).sub(own.where(logits, logits.zerosLike()).sum(1));
        }
    },
    /** The margin over the distance between the largest and the third largest logit (Croce and Hein 2020): blind to scaled logits; three classes at least. */
    LOGIT_RATIO {
        @Override public Tensor of(Tensor logits, Tensor classes) {
            var sorted = logits.sort(1, true).values();
            return MARGIN.of(logits, classes).div(sorted.select(1, 0).sub(sorted.select(1, 2)).maximum(1e-12));
        }
    };

    /** @param logits (n, classes) @param classes (n) @return (n) */
    public abstract Tensor of(Tensor logits, Tensor classes);
}
