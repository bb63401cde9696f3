package lyceum.models.ssl;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.linalg.Similarity;
import lyceum.nn.InBatches;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.CollapseDiagnostics;
import lyceum.train.HiddenStates;
import lyceum.train.LinearProbe;

/**
 * A frozen map from things (n, ..) to vectors (n, width), with the yardsticks by which representations are judged. They disagree: compare by several, raw numbers
 * and PCA through the very same ones.
 *
 * @see RepresentationLearner
 */
@FunctionalInterface
public interface Representation {
    /** The vectors. */
    Tensor of(Tensor items);

    /** Things as rows of numbers, their floating type kept, integers as F32. */
    static Tensor flat(Tensor items) {
        if (items.rank() < 1 || items.size(0) == 0)
            throw new ShapeException("Representation: things " + items.shape() + "; they are (n, ..)");
        var floats = items.detach().dtype().isFloat() ? items.detach() : items.detach().to(DType.F32);
        return floats.reshape(items.size(0), -1);
    }

    /** This many of each class, drawn at random, in an order of their own: what few labels are. */
    static Dataset few(Dataset data, int perClass, Rng rng) {
        int[] labels = data.labels(), taken = new int[data.classes()];
        int[] rows = IntStream.of(rng.permutation(data.size())).filter(i -> taken[labels[i]]++ < perClass).toArray();
        for (int c = 0; c < taken.length; c++)
            if (taken[c] < perClass) throw new IllegalArgumentException(
                    "Representation.few: class " + c + " has " + taken[c] + " rows; " + perClass + " are asked for");
        return data.rows(rows);
    }

    /** Share of test things whose class a {@link LinearProbe} of labelled ones reads off: what is linearly there. */
    default double probe(Dataset labelled, Dataset test) {
        return LinearProbe.fit(of(labelled.x()), labelled.y()).accuracy(of(test.x()), test.y());
    }

    /** {@link #probe} with so many labels of each class, each drawn anew from a pool. */
    default double[] probes(int[] perClass, Dataset pool, Dataset test, Rng rng) {
        return IntStream.of(perClass).mapToDouble(k -> probe(few(pool, k, rng.split(k)), test)).toArray();
    }

    /** Share of test things whose class most of their k nearest labelled ones by cosine have, the lowest class of equals: the distances as they are. */
    default double neighbours(int k, Dataset labelled, Dataset test) {
        if (k < 1 || k > labelled.size())
            throw new IllegalArgumentException("Representation.neighbours: k is " + k + "; it lies between 1 and " + labelled.size());
        int[] labels = labelled.labels(), truth = test.labels();
        Tensor known = Similarity.normalise(of(labelled.x()).detach()).compute();
        int[] nearest = InBatches
                .of(of(test.x()), 256, some -> Similarity.cosinesOfUnit(Similarity.normalise(some), known).topk(k, 1).indices())
                .toIntArray();
        int right = 0;
        for (int i = 0; i < truth.length; i++) {
            var votes = new int[labelled.classes()];
            for (int j = 0; j < k; j++) votes[labels[nearest[i * k + j]]]++;
            int best = 0;
            for (int c = 1; c < votes.length; c++) if (votes[c] > votes[best]) best = c;
            if (best == truth[i]) right++;
        }
        return (double) right / truth.length;
    }

    /**
     * How well views are told apart from other things.
     *
     * @param views mean cosine of two views of one thing
     * @param others mean cosine of views of two different things
     */
    record Invariance(double views, double others) {
        public double margin() { return views - others; }
    }

    /** Of at least two things: two views of each, against the second views of all others. */
    default Invariance invariance(Tensor items, Views views, Rng rng) {
        long n = items.size(0);
        if (n < 2) throw new ShapeException("Representation.invariance: things " + items.shape() + "; at least two");
        return Autograd.noGrad(() -> {
            var cosines = Similarity.cosines(of(views.of(items, rng.split(1))), of(views.of(items, rng.split(2)))).to(DType.F64).compute();
            double own = cosines.diagonal().sum().item();
            return new Invariance(own / n, (cosines.sum().item() - own) / (n * (n - 1.0)));
        });
    }

    /** {@linkplain HiddenStates#cka Linear CKA} with another one on the same things. Take ten times as many things as numbers of a vector. */
    default double cka(Representation other, Tensor items) { return HiddenStates.cka(of(items), other.of(items)); }

    /** RankMe: over how many directions the vectors spread, {@link CollapseDiagnostics#effectiveRank}. */
    default double effectiveRank(Tensor items) { return CollapseDiagnostics.of(of(items)).effectiveRank(); }
}
