package lyceum.learn.cost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.learn.calibration.CalibratedClassifier;
import lyceum.learn.calibration.Calibrator;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.random.Rng;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Labels;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Any classifier made to mind what mistakes cost, by one of five methods.
 *
 * {@snippet :
 * var costs = CostMatrix.binary(1, 10);
 * var model = new CostSensitive(new LogisticRegression(), costs).fit(x, labels);
 * model.predict(z);                                  // the cheapest label
 * new CostSensitive(new DecisionTreeClassifier(), costs).withMethod(CostSensitive.Method.META_COST).fit(x, labels);
 * }
 *
 * <p>Use one method, not two: weighted training moves probabilities, and a threshold of costs on top of it counts the costs twice. Sample weights multiply what a
 * row's mistakes cost, which is how costs of each row's own enter training.
 *
 * @param costs whose actions are the classes, in ascending order of labels
 * @param method how costs are minded, EXPECTED_COST by default
 * @param calibrator of EXPECTED_COST, or null (the default) for probabilities that are calibrated already
 * @param scheme of folds for calibration and tuning, five stratified ones by default
 * @param members fits of REJECTION and META_COST, 20 by default
 * @param seed of their draws
 * @see <a href="https://www.ijcai.org/Proceedings/01/IJCAI-2001-k.pdf">Elkan (2001)</a>
 */
@Withers
public record CostSensitive(Classifier classifier, CostMatrix costs, Method method, Calibrator calibrator, FoldScheme scheme, int members,
        long seed) implements CostSensitiveWithers, Classifier {
    /** How costs are minded. */
    public enum Method {
        /** The classifier as it is; the label of least expected cost. */
        EXPECTED_COST,
        /** Two classes: the cut that costs least on out-of-fold probabilities, which need be calibrated for nothing. */
        TUNED_THRESHOLD,
        /** Rows weighted by what it costs to get them wrong. */
        WEIGHTS,
        /** Each row kept with a probability in proportion to that cost, many times, and the models' mean probabilities (Zadrozny, Langford and Abe 2003). */
        REJECTION,
        /** Training rows relabelled to the cheapest class by bagged probabilities, and the classifier fitted to those labels (Domingos 1999). */
        META_COST
    }

    public CostSensitive {
        if (costs.actions() != costs.classes()) throw new IllegalArgumentException("CostSensitive: " + costs.actions() + " actions for "
                + costs.classes() + " classes; with other actions, decide by CostMatrix.decide");
        if (members < 1) throw new IllegalArgumentException("CostSensitive: " + members + " members; at least 1 is needed");
        if (calibrator != null && method != Method.EXPECTED_COST)
            throw new IllegalArgumentException("CostSensitive: a calibrator is for EXPECTED_COST, the method is " + method);
        var tags = classifier.tags();
        if (method == Method.WEIGHTS && tags.contains(Tag.NO_WEIGHTS))
            throw new IllegalArgumentException("CostSensitive: " + classifier.name() + " takes no weights; REJECTION needs none");
        if (method != Method.WEIGHTS && calibrator == null && tags.contains(Tag.NO_PROBABILITIES)) throw new IllegalArgumentException(
                "CostSensitive: " + classifier.name() + " has no probabilities; calibrate it, or use WEIGHTS");
        if (method == Method.TUNED_THRESHOLD && costs.classes() != 2)
            throw new IllegalArgumentException("CostSensitive: TUNED_THRESHOLD is for two classes, the costs are of " + costs.classes());
    }

    /** By expected cost. */
    public CostSensitive(Classifier classifier, CostMatrix costs) {
        this(classifier, costs, Method.EXPECTED_COST, null, new StratifiedKFold(5), 20, 0);
    }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.of(Tag.NO_PROBABILITIES, Tag.WEIGHTS_ARE_NOT_COPIES, Tag.ORDER_DEPENDENT);
        if (costs.classes() == 2) tags.add(Tag.BINARY_ONLY);
        tags.addAll(classifier.tags());
        return tags;
    }

    @Override public CostSensitiveModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public CostSensitiveModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.severalLabels(labels);
        if (found.count() != costs.classes()) throw new IllegalArgumentException("CostSensitive.fit: the classes are "
                + Arrays.toString(found.classes()) + ", the costs are of " + costs.classes() + " classes");
        double[] own = input.weights(weights);
        var rows = weights == null ? null : Tensor.of(own);
        return switch (method) {
            case EXPECTED_COST ->
                    new CostSensitiveModel((calibrator == null ? classifier : new CalibratedClassifier(classifier, calibrator, scheme))
                            .fit(input.x(), labels, rows), costs.regrets(), Double.NaN);
            case TUNED_THRESHOLD ->
                    new CostSensitiveModel(classifier.fit(input.x(), labels, rows), null, threshold(input.x(), labels, found, own, rows));
            case WEIGHTS -> CostSensitiveModel.plain(classifier.fit(input.x(), labels, Tensor.of(important(found, own))));
            case REJECTION -> CostSensitiveModel.plain(rejection(input.x(), labels, important(found, own)));
            case META_COST -> CostSensitiveModel.plain(relabelled(input.x(), labels, found, own, rows));
        };
    }

    private double[] important(Labels found, double[] own) {
        double[] importance = costs.importance(), w = own.clone();
        for (int i = 0; i < w.length; i++) w[i] *= importance[found.codes()[i]];
        return w;
    }

    private double threshold(Tensor x, Tensor labels, Labels found, double[] own, Tensor weights) {
        var p = new CrossValidation(scheme).withWeights(weights).predictProba(classifier, x, labels.to(DType.I64)).select(1, 1)
                .toDoubleArray();
        var positive = new boolean[p.length];
        double[] alarm = new double[p.length], miss = new double[p.length];
        for (int i = 0; i < p.length; i++) {
            positive[i] = found.codes()[i] == 1;
            alarm[i] = own[i] * (costs.cost(1, 0) - costs.cost(0, 0));
            miss[i] = own[i] * (costs.cost(0, 1) - costs.cost(1, 1));
        }
        return CostThreshold.of(positive, p, alarm, miss).threshold();
    }

    private ClassificationModel rejection(Tensor x, Tensor labels, double[] w) {
        double largest = Arrays.stream(w).max().orElseThrow();
        if (!(largest > 0)) throw new IllegalArgumentException("CostSensitive.fit: no mistake costs anything");
        var all = labels.to(DType.I64);
        int[] classes = Labels.of(all.toLongArray()).codes();
        int k = costs.classes();
        return mean(members, draws -> {
            // a draw without one of the classes is drawn again: nothing can be learned of a class that is not there
            for (int attempt = 0; attempt < 1_000; attempt++) {
                var again = draws.split(attempt);
                int[] kept = IntStream.range(0, w.length).filter(i -> again.nextDouble() * largest < w[i]).toArray();
                if (Arrays.stream(kept).map(i -> classes[i]).distinct().count() == k) return classifier.fit(x.rows(kept), all.rows(kept));
            }
            throw new IllegalArgumentException(
                    "CostSensitive.fit: costs differ so much that rejection keeps no row of some class; use WEIGHTS");
        });
    }

    private ClassificationModel relabelled(Tensor x, Tensor labels, Labels found, double[] own, Tensor weights) {
        int n = own.length;
        var all = labels.to(DType.I64);
        var bag = mean(members, draws -> {
            for (int attempt = 0; attempt < 1_000; attempt++) {
                var again = draws.split(attempt);
                int[] drawn = IntStream.range(0, n).map(i -> again.nextInt(n)).sorted().toArray();
                if (Arrays.stream(drawn).map(i -> found.codes()[i]).distinct().count() < found.count()) continue;
                if (Arrays.stream(drawn).mapToDouble(i -> own[i]).sum() > 0)
                    return classifier.fit(x.rows(drawn), all.rows(drawn), weights == null ? null : weights.rows(drawn));
            }
            throw new IllegalArgumentException("CostSensitive.fit: bootstrap samples of " + n + " rows lack a class; it has too few rows");
        });
        long[] cheapest = costs.decide(bag.predictProba(x)).toLongArray();
        for (int i = 0; i < n; i++) cheapest[i] = found.classes()[(int) cheapest[i]];
        if (Arrays.stream(cheapest).distinct().count() == 1) return new Always(found.classes(), cheapest[0], (int) x.size(1));
        var model = classifier.fit(x, Tensor.of(cheapest), weights);
        return model.classes().length == found.count() ? model : new Widened(model, found.classes());
    }

    private interface Member {
        ClassificationModel fit(Rng rng);
    }

    private Mean mean(int members, Member member) {
        var models = new ClassificationModel[members];
        Parallel.range(members, 1, (from, to) -> {
            for (int m = (int) from; m < to; m++) models[m] = member.fit(Rng.of(seed).split(m));
        });
        return new Mean(new ArrayList<>(Arrays.asList(models)));
    }
}
