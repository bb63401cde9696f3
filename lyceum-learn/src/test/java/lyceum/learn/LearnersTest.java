package lyceum.learn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lyceum.learn.ensemble.RandomForestClassifier;
import lyceum.learn.linear.LinearDiscriminantAnalysis;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.bayes.NaiveBayes;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.math.Incomplete;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Clusterer;
import lyceum.stats.learner.Density;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class LearnersTest {
    /** Weights agree with copies to the clause's 1e-6; all others to 1e-7. */
    private static final Set<String> ITERATIVE = Set.of("median regression", "probabilistic principal components", "factor analysis",
            "logistic regression, chosen by folds", "support vectors", "support vectors for numbers");
    /** Wrappers of others, which are there by way of those. */
    private static final Set<String> WRAPPERS = Set.of("CalibratedClassifier");

    @Test
    @org.junit.jupiter.api.Tag("slow")
    @Acceptance(topic = "supervised-learning", clause = 1) void theContractHoldsForEveryRegisteredLearner() {
        var failed = new ArrayList<String>();
        long checks = 0, weighted = 0;
        for (var entry : Learners.all().entrySet()) {
            var contract = LearnerContract.of(entry.getValue()).withTolerance(ITERATIVE.contains(entry.getKey()) ? 1e-6 : 1e-7);
            checks += contract.tests().count();
            if (!entry.getValue().tags().contains(Tag.NO_WEIGHTS) && !entry.getValue().tags().contains(Tag.WEIGHTS_ARE_NOT_COPIES))
                weighted++;
            for (var name : contract.failures()) failed.add(entry.getKey() + ": " + name);
        }
        assertThat(failed).isEmpty();
        Evidence.of("registered learners", Learners.all().size(), atLeast(40));
        Evidence.of("of which weight 2 is the row twice", weighted, atLeast(20));
        Evidence.of("checks of the contract", checks, atLeast(1_000));
        Evidence.of("that fail", failed.size(), exactly(0));
    }

    private static final List<Class<?>> KINDS = List.of(Classifier.class, Regressor.class, Clusterer.class, Transformer.class,
            Density.class);

    @Test void everyLearnerIsRegistered() throws Exception {
        var classes = Path.of(Learners.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        var registered = new HashSet<Class<?>>();
        for (var learner : Learners.all().values()) registered.add(learner.getClass());
        var missing = new ArrayList<String>();
        try (var files = Files.walk(classes)) {
            for (var file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                var name = classes.relativize(file).toString().replace(".class", "").replace('/', '.');
                if (!name.startsWith("lyceum.learn.")) continue;
                var type = Class.forName(name, false, getClass().getClassLoader());
                if (KINDS.stream().noneMatch(kind -> kind.isAssignableFrom(type)) || !Modifier.isPublic(type.getModifiers())
                        || type.isInterface())
                    continue;
                if (!registered.contains(type) && !WRAPPERS.contains(type.getSimpleName())) missing.add(name);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(missing).as("learners that lyceum.learn.Learners does not list").isEmpty();
    }

    /** Two normal classes of variance 1, their means 2 apart along a slanted line: nobody errs less than Phi(-1). */
    @Test
    @org.junit.jupiter.api.Tag("slow")
    @Acceptance(topic = "supervised-learning", clause = 3) void fiveLearnersEndNearTheBayesError() {
        double bayes = Incomplete.normalCdf(-1), worst = 0, lowest = Double.POSITIVE_INFINITY;
        int n = 5_000, unseen = 20_000;
        Tensor[] train = gaussians(Rng.of(1), n), test = gaussians(Rng.of(2), unseen);
        double error = Math.sqrt(bayes * (1 - bayes) / unseen), first = 0;
        for (Classifier learner : List.of(new LogisticRegression(), new LinearDiscriminantAnalysis(), NaiveBayes.gaussian(),
                new KNeighborsClassifier(101), new RandomForestClassifier().withTrees(60).withMinSamplesLeaf(40),
                new DecisionTreeClassifier().withMinSamplesLeaf(120))) {
            double wrong = 1 - learner.fit(train[0], train[1]).score(test[0], test[1]);
            worst = Math.max(worst, wrong - bayes);
            lowest = Math.min(lowest, (wrong - bayes) / error);
            first = Math.max(first,
                    1 - learner.fit(train[0].narrow(0, 0, 250), train[1].narrow(0, 0, 250)).score(test[0], test[1]) - bayes);
        }
        Evidence.of("Bayes error", bayes, below(0.1587));
        Evidence.of("six learners at n = 5,000: largest error above it", worst, atMost(0.03));
        Evidence.of("least, in standard errors of the 20,000 test rows", lowest, atLeast(-3));
        Evidence.of("at n = 250 the largest was", first, atLeast(0.01));
    }

    private static Tensor[] gaussians(Rng rng, int n) {
        double[][] x = new double[n][2];
        var labels = new long[n];
        for (int i = 0; i < n; i++) {
            labels[i] = rng.nextInt(2);
            double along = (labels[i] == 1 ? 1 : -1) + rng.nextGaussian(), across = rng.nextGaussian();
            x[i][0] = 0.6 * along - 0.8 * across;
            x[i][1] = 0.8 * along + 0.6 * across;
        }
        return new Tensor[] {Tensor.of(x), Tensor.of(labels)};
    }
}
