package lyceum.labs.stats;

import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.plot.Figure;
import lyceum.prob.Normal;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;
import lyceum.theory.BayesClassifier;

/** Two machines make one part: how often is even the best guess wrong, and how near do learners come? */
@Lab(topics = "bayes-risk", title = "The floor under every classifier")
final class BayesRiskLab implements LabBody {
    private static final int CELLS = 800;

    @Override public void run(LabContext lab) {
        double distance = lab.param("distance", 2.0, 0.1, 6.0), spread = lab.param("spread", 1.0, 0.3, 3.0),
                prior = lab.param("prior", 0.5, 0.05, 0.95), miss = lab.param("missCost", 1.0, 0.1, 20.0),
                reject = lab.param("rejectCost", 0.5, 0.01, 0.5);
        Normal first = new Normal(-distance / 2, 1), second = new Normal(distance / 2, spread);
        var best = BayesClassifier.of(new double[] {prior, 1 - prior}, first, second);
        double floor = best.risk();
        double[][] cost = {{0, miss}, {1, 0}};

        double reach = distance / 2 + 4 * Math.max(1, spread);
        double[] x = new double[CELLS], zero = new double[CELLS], a = new double[CELLS], b = new double[CELLS], overlap = new double[CELLS],
                posterior = new double[CELLS], decision = new double[CELLS], declined = new double[CELLS];
        for (int i = 0; i < CELLS; i++) {
            x[i] = -reach + 2 * reach * (i + 0.5) / CELLS;
            a[i] = prior * first.density(x[i]);
            b[i] = (1 - prior) * second.density(x[i]);
            overlap[i] = Math.min(a[i], b[i]);
            posterior[i] = best.posterior(x[i])[1];
            decision[i] = best.decide(cost, x[i]);
            declined[i] = best.decideOrReject(reject, x[i]) == BayesClassifier.REJECT ? 1 : 0;
        }
        lab.figure(Figure.plot("What cannot be told apart").line("first machine", x, a).line("second machine", x, b)
                .band("errors of the best rule", x, zero, overlap).axes("length", "prior times density")
                .describedAs("The shaded area is the Bayes risk: there the likelier machine is named and the other made it."));
        lab.say("The best rule errs with probability %.4f. For equal spreads and priors that is Phi(-d/2).", floor);
        lab.figure(Figure.plot("Decisions").line("P(second | length)", x, posterior)
                .line("second is named, a miss costing " + miss, x, decision).step().line("declined at cost " + reject, x, declined)
                .dashed().axes("length", "probability, or yes").describedAs(
                        "Costs move the cut along the posterior; declining takes the middle, where neither machine is likely enough."));

        var learners = new LinkedHashMap<String, Classifier>();
        learners.put("logistic regression", new LogisticRegression());
        learners.put("one neighbour", new KNeighborsClassifier(1));
        learners.put("25 neighbours", new KNeighborsClassifier(25));
        learners.put("tree of depth 4", new DecisionTreeClassifier().withMaxDepth(4));
        int[] sizes = {30, 100, 300, 1_000};
        Tensor cells = Tensor.of(x, CELLS, 1);
        var plot = Figure.plot("Learners above the floor");
        var rows = new ArrayList<List<?>>();
        double least = 1, step = 2 * reach / CELLS;
        for (var learner : learners.entrySet()) {
            double[] n = new double[sizes.length], risk = new double[sizes.length];
            for (int s = 0; s < sizes.length; s++) {
                n[s] = sizes[s];
                var rng = lab.rng(s);
                var points = new double[sizes[s]];
                var labels = new long[sizes[s]];
                for (int i = 0; i < points.length; i++) {
                    labels[i] = i < 2 ? i : rng.nextDouble() < prior ? 0 : 1;
                    points[i] = (labels[i] == 0 ? first : second).sample(rng);
                }
                long[] said = learner.getValue().fit(Tensor.of(points, points.length, 1), Tensor.of(labels)).predict(cells).toLongArray();
                for (int i = 0; i < CELLS; i++) risk[s] += step * (said[i] == 0 ? b[i] : a[i]);
                least = Math.min(least, risk[s]);
            }
            plot = plot.line(learner.getKey(), n, risk);
            rows.add(List.of(learner.getKey(), risk[sizes.length - 1]));
        }
        lab.figure(plot.horizontalLine(floor, "Bayes risk").horizontalLine(best.nearestNeighbourRisk(), "limit of one neighbour")
                .axes("training rows", "true risk").logX()
                .describedAs("They come down towards the floor and none passes it; one neighbour stays at up to twice its height."));
        lab.table("With 1,000 rows", List.of("learner", "true risk"), rows);
        var bracket = BayesClassifier.coverHart(best.nearestNeighbourRisk(), 2);
        lab.say("Who knows only that one neighbour errs at %.4f knows that the floor is in %s.", best.nearestNeighbourRisk(), bracket);
        lab.shows("least risk of a learner less the floor", least - floor, atLeast(-1e-3));
    }
}
