package lyceum.learn.bayes;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import lyceum.ShapeException;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Labels;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * Naive Bayes: {@code log P(c | x) = log P(c) + sum_j log P(x_j | c) + const}, features taken as independent within a class.
 *
 * {@snippet :
 * var model = NaiveBayes.multinomial().fit(counts, labels);      // dense or sparse
 * model = model.add(moreCounts, moreLabels);                     // as if all had been there at once
 * model.logProbabilities(mail);
 * }
 *
 * <p>One pass over the data; probabilities are too sure of themselves where features depend on each other.
 *
 * @param events what features are
 * @param priors of the classes, ascending by label; empty, the default, for their shares of the data
 * @param uniformPrior whether all classes are taken as equally frequent
 * @see <a href="https://doi.org/10.1023/A:1007413511361">Domingos and Pazzani (1997), On the optimality of the simple Bayesian classifier</a>
 */
public record NaiveBayes(EventModel events, List<Double> priors, boolean uniformPrior) implements Classifier {
    public NaiveBayes {
        Objects.requireNonNull(events, "events");
        priors = List.copyOf(priors);
        double sum = 0;
        for (double p : priors) {
            if (!(p >= 0)) throw new IllegalArgumentException("priors are " + priors + "; none is negative");
            sum += p;
        }
        if (!priors.isEmpty() && Math.abs(sum - 1) > 1e-9)
            throw new IllegalArgumentException("priors are " + priors + ", which sum to " + sum + "; they sum to 1");
        if (!priors.isEmpty() && uniformPrior) throw new IllegalArgumentException("priors are given and uniform; choose one");
    }

    public NaiveBayes(EventModel events) { this(events, List.of(), false); }

    /** Normal features. */
    public static NaiveBayes gaussian() { return new NaiveBayes(new EventModel.Gaussian(1e-9)); }

    /** Counts, with one count more for each. */
    public static NaiveBayes multinomial() { return new NaiveBayes(new EventModel.Multinomial(1)); }

    /** Presence and absence. */
    public static NaiveBayes bernoulli() { return new NaiveBayes(new EventModel.Bernoulli(1, 0)); }

    /** Counts of the other classes. */
    public static NaiveBayes complement() { return new NaiveBayes(new EventModel.Complement(1, false)); }

    /** Categories. */
    public static NaiveBayes categorical() { return new NaiveBayes(new EventModel.Categorical(1, 0)); }

    public NaiveBayes withEvents(EventModel events) { return new NaiveBayes(events, priors, uniformPrior); }

    public NaiveBayes withPriors(double... priors) { return new NaiveBayes(events, Arrays.stream(priors).boxed().toList(), false); }

    public NaiveBayes withUniformPrior() { return new NaiveBayes(events, List.of(), true); }

    @Override public Set<Tag> tags() {
        return events instanceof EventModel.Gaussian || events instanceof EventModel.Bernoulli ? Set.of() : Set.of(Tag.POSITIVE_ONLY);
    }

    @Override public NaiveBayesModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public NaiveBayesModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        return start(input.columns(), input.labels(labels).classes()).add(input, labels, weights);
    }

    /** {@link #fit(Csr, Tensor, Tensor)} with equal weights. */
    public NaiveBayesModel fit(Csr x, Tensor labels) { return fit(x, labels, null); }

    /** Fits to sparse rows, which are not filled for counts and presence. */
    public NaiveBayesModel fit(Csr x, Tensor labels, Tensor weights) {
        if (labels.rank() != 1 || labels.size(0) != x.rows())
            throw new ShapeException("NaiveBayes.fit: x has " + x.rows() + " rows but labels has shape " + labels.shape());
        if (labels.dtype().isFloat()) throw new lyceum.DTypeException(
                "NaiveBayes.fit: labels are " + labels.dtype() + "; a classifier takes integers or BOOL, to(DType.I64) converts");
        return start(Math.toIntExact(x.columns()), Labels.of(labels.to(lyceum.DType.I64).toLongArray()).classes()).add(x, labels, weights);
    }

    /** A model that has seen nothing yet, to be fed by {@link NaiveBayesModel#add}. */
    public NaiveBayesModel start(int columns, long... classes) {
        long[] sorted = Arrays.stream(classes).sorted().distinct().toArray();
        if (sorted.length == 0) throw new IllegalArgumentException("NaiveBayes.start: no classes; name the labels that will come");
        if (!priors.isEmpty() && priors.size() != sorted.length)
            throw new IllegalArgumentException("NaiveBayes.fit: " + priors.size() + " priors but " + sorted.length + " classes");
        return NaiveBayesModel.of(this, sorted, Statistics.empty(events, sorted.length, columns));
    }
}
