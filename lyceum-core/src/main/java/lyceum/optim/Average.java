package lyceum.optim;

import java.util.ArrayList;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.tensor.Tensor;

/**
 * The average of an optimiser's iterates: often better than the last of them, and for SGD with constant or slowly falling steps the best
 * there is: its variance reaches {@code s^2 / (a^2 n)} without knowing the curvature a.
 *
 * {@snippet :
 * var average = Average.mean(1_000);                     // leaves out the first 1,000 iterates
 * var optimizer = new Sgd(0.1).over(w).scheduledBy(new Schedule.RobbinsMonro(0.7)).averagedBy(average);
 * // after the steps
 * Tensor better = average.of(w);
 * }
 *
 * <p>Steps of {@code c/t} are not for averaging: they give {@code 2 s^2 / (a^2 n)}.
 *
 * @see <a href="https://doi.org/10.1137/0330046">Polyak and Juditsky (1992)</a>
 */
public final class Average {
    private final long skipped;
    private final double decay;
    private List<Tensor> parameters = List.of();
    private final List<Tensor> averages = new ArrayList<>();
    private long seen;

    private Average(long skipped, double decay) {
        this.skipped = skipped;
        this.decay = decay;
    }

    /** The arithmetic mean of all iterates after the first {@code skipped}. */
    public static Average mean(long skipped) {
        Settings.atLeast("Average", "skipped", skipped, 0);
        return new Average(skipped, Double.NaN);
    }

    /** {@code average = decay * average + (1 - decay) * x}, begun at the first iterate. */
    public static Average exponential(double decay) {
        Settings.decay("Average", "decay", decay);
        return new Average(0, decay);
    }

    /** The average of a parameter so far; the parameter's own value before the first iterate counts. A copy. */
    public Tensor of(Tensor parameter) {
        for (int i = 0; i < parameters.size(); i++) {
            if (parameters.get(i) == parameter) return seen <= skipped ? parameter.detach().copy() : averages.get(i).copy();
        }
        throw new IllegalArgumentException(
                "Average: a tensor of shape " + parameter.shape() + " is not among the " + parameters.size() + " parameters averaged");
    }

    void over(List<Tensor> parameters) {
        if (!this.parameters.isEmpty()) throw new IllegalStateException("Average: it already belongs to an optimizer; make one for each");
        this.parameters = List.copyOf(parameters);
        try (var outside = Scope.outside()) {
            for (var parameter : parameters)
                averages.add(Tensor.zeros(ParameterState.typeFor(parameter), parameter.shape().toArray()).copy());
        }
    }

    void update() {
        seen++;
        if (seen <= skipped) return;
        long n = seen - skipped;
        double weight = Double.isNaN(decay) ? 1.0 / n : n == 1 ? 1 : 1 - decay;
        Autograd.noGrad(() -> {
            for (int i = 0; i < averages.size(); i++)
                averages.get(i).copy_(averages.get(i).lerp(parameters.get(i).to(averages.get(i).dtype()), weight));
        });
    }

    long seen() { return seen; }

    List<Tensor> averages() { return averages; }

    void restore(long seen, List<Tensor> values) {
        this.seen = seen;
        for (int i = 0; i < averages.size(); i++) averages.get(i).copy_(values.get(i));
    }
}
