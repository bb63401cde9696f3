package lyceum.prob;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A joint table unrolled by the chain rule in one order of its variables; made by {@link JointTable#factorize}. A sequence is a value for each
 * variable in that order, so that it can be scored and sampled from left to right.
 */
public final class Factorization implements Autoregressive {
    private final List<String> order;
    private final List<ConditionalTable> factors;

    Factorization(JointTable joint, List<String> order) {
        this.order = order;
        factors = IntStream.range(0, order.size()).mapToObj(t -> joint.conditional(List.of(order.get(t)), order.subList(0, t))).toList();
    }

    public List<String> order() { return order; }

    /** {@code P(x_t | x_1, ..., x_(t-1))}, for t = 1, 2, ... */
    public List<ConditionalTable> factors() { return factors; }

    /** Their product: the joint, its variables in this order. */
    public JointTable joint() {
        var first = factors.getFirst();
        var joint = new JointTable(first.rest(), first.cells, first.values);
        for (var factor : factors.subList(1, factors.size())) joint = joint.times(factor);
        return joint;
    }

    /** @throws IllegalArgumentException if the past has probability 0, or is whole */
    @Override public Categorical next(double... past) {
        if (past.length >= order.size()) throw new IllegalArgumentException("next: all " + order.size() + " variables have their values");
        var context = new int[past.length];
        for (int i = 0; i < past.length; i++) {
            context[i] = (int) past[i];
            if (context[i] != past[i])
                throw new IllegalArgumentException("next: " + order.get(i) + " = " + past[i] + "; values are 0, 1, ...");
        }
        return new Categorical(factors.get(past.length).row(context));
    }
}
