package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.decomposition.Pca;
import lyceum.learn.recommend.ImplicitFactorization;
import lyceum.learn.recommend.ItemPopularity;
import lyceum.learn.recommend.MatrixFactorization;
import lyceum.learn.recommend.MatrixFactorizationModel;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Coo;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** Invented films of four kinds and viewers with tastes: the map that their ratings draw, one viewer's ten, and why. */
@Lab(topics = "matrix-factorization", title = "A map of films that nobody described")
final class RecommenderLab implements LabBody {
    private static final String[] KINDS = {"western", "opera", "horror", "comedy"};

    @Override public void run(LabContext lab) {
        int users = lab.param("viewers", 300, 50, 2000), each = lab.param("films of a kind", 25, 5, 100),
                k = lab.param("factors", 6, 2, 30);
        double share = lab.param("share rated", 0.2, 0.05, 0.6), lambda = lab.param("regularization", 1.0, 0.01, 20.0);
        int viewer = lab.param("viewer", 7, 0, 49);
        var world = world(lab.rng(0), users, each, share);
        Csr known = world[0].toCsr(), hidden = world[1].toCsr();

        var model = new MatrixFactorization(k).withRegularization(lambda).fit(known);
        var plane = new Pca(2).fit(model.itemFactors()).transform(model.itemFactors());
        var kind = new int[4 * each];
        for (int i = 0; i < kind.length; i++) kind[i] = i / each;
        lab.figure(Figure.scatter("Films in factor space", plane, kind, KINDS).axes("first direction (stars)", "second direction (stars)")
                .describedAs("Each dot is a film. Their kinds were never told, yet films that the same people like lie together."));
        lab.figure(Figure.line("Objective after each half-step", 0, model.history()).axes("half-step", "penalised squared error").logY()
                .describedAs("Films, then viewers, then films: every half-step is an exact minimum, so the curve only falls."));
        lab.table("Ten films for viewer " + viewer + ", and what spoke most for them",
                List.of("film", "expected stars", "because of", "adds"), because(model, known, viewer, each));

        double biases = new MatrixFactorization(0).withRegularization(lambda).fit(known).rmse(hidden), error = model.rmse(hidden);
        var fans = fans(known);
        var implicit = new ImplicitFactorization(k).withAlpha(5).withRegularization(5).fit(fans);
        Csr liked = fans(hidden);
        double recall = implicit.evaluate(known, liked).recallAt(10),
                popular = new ItemPopularity().fit(fans).evaluate(known, liked).recallAt(10);
        lab.say("Unseen ratings are off by %.2f stars; with the biases alone by %.2f. From likes alone, ten offers hold %.0f%% of what a "
                + "viewer will like, the ten most liked films %.0f%%.", error, biases, 100 * recall, 100 * popular);
        double rise = 0;
        for (int t = 1; t < model.history().length; t++) rise = Math.max(rise, model.history()[t] / model.history()[t - 1] - 1);
        lab.shows("largest relative rise of the objective", rise, atMost(1e-12));
        lab.shows("error over that of the biases", error / biases, atMost(0.9));
        lab.shows("recall@10 over popularity's", recall / popular, atLeast(1.2));
    }

    /** Ratings known and hidden: a mean, how good a film is, what a viewer thinks of its kind, a private streak, noise. */
    private static Coo[] world(Rng rng, int users, int each, double share) {
        int items = 4 * each;
        var taste = Tensor.randn(rng, DType.F64, users, 4).toRows();
        var streak = Tensor.randn(rng, DType.F64, users, 2).toRows();
        var film = Tensor.randn(rng, DType.F64, items, 3).toRows();
        var parts = new Coo[] {new Coo(users, items), new Coo(users, items)};
        for (int u = 0; u < users; u++) for (int i = 0; i < items; i++) {
            double stars = 3 + 0.2 * film[i][2] + 0.8 * taste[u][i / each] + 0.2 * (streak[u][0] * film[i][0] + streak[u][1] * film[i][1])
                    + 0.3 * rng.nextGaussian();
            parts[rng.nextDouble() < share ? 0 : 1].add(u, i, Math.clamp(stars, 0.5, 5));
        }
        return parts;
    }

    /** What was given four stars or more. */
    private static Csr fans(Csr ratings) {
        var out = new Coo(ratings.rows(), ratings.columns());
        double[] values = ratings.values().toDoubleArray();
        for (int u = 0; u < ratings.rows(); u++)
            for (int e = ratings.rowStart(u); e < ratings.rowStart(u + 1); e++) if (values[e] >= 4) out.add(u, ratings.column(e), 1);
        return out.toCsr();
    }

    private static List<List<Object>> because(MatrixFactorizationModel model, Csr known, int viewer, int each) {
        int from = known.rowStart(viewer), n = known.rowStart(viewer + 1) - from;
        var items = new int[n];
        var stars = known.values().narrow(0, from, n).toDoubleArray();
        for (int e = 0; e < n; e++) items[e] = known.column(from + e);
        var rows = new ArrayList<List<Object>>();
        for (int film : model.recommend(viewer, 10, known)) {
            double[] parts = model.explain(items, stars, film);
            int best = 0;
            for (int e = 1; e < n; e++) if (parts[e] > parts[best]) best = e;
            rows.add(List.of(name(film, each), model.predict(viewer, film),
                    name(items[best], each) + ", " + Math.round(stars[best]) + " stars", parts[best]));
        }
        return rows;
    }

    private static String name(int film, int each) { return KINDS[film / each] + " " + (film % each + 1); }
}
