package lyceum.nn.loss;

/** What a language model says of the next label: it is fused into a decoder's scores. */
@FunctionalInterface
public interface LabelModel {
    /** {@code log P(next | prefix)}, in nats; the prefix is not kept. */
    double logProbability(int[] prefix, int next);
}
