package lyceum.labs.data;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Words;
import lyceum.data.curation.NgramModel;
import lyceum.data.mixture.DataMixture;
import lyceum.data.mixture.MixtureLaw;
import lyceum.data.mixture.MixtureStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;

/** The loss over all mixtures of three genres, a law fitted to a few of them, and the point that it picks. */
@Lab(topics = "data-mixture", title = "A triangle of mixtures")
final class MixtureLab implements LabBody {
    private static final List<String> DOMAINS = List.of("learned", "romance", "bible");

    @Override public void run(LabContext lab) {
        double first = lab.param("importance of learned", 0.2, 0.0, 1.0), second = lab.param("importance of romance", 0.3, 0.0, 1.0);
        int every = lab.param("every so many grid points is a run", 7, 2, 12);
        double[] importance = {first, second, Math.max(0, 1 - first - second)};
        var corpora = List.of(Corpus.of(Corpora.brown().domain("learned").limit(20).toList()),
                Corpus.of(Corpora.brown().domain("romance").limit(20).toList()), Corpus.of(Corpora.kingJames().limit(60).toList()));
        var probabilities = wordProbabilities(corpora);
        int n = 20;
        var percent = IntStream.rangeClosed(0, n).mapToObj(i -> 100 * i / n + "%").toArray(String[]::new);
        var triangle = new double[n + 1][n + 1];
        var runs = new ArrayList<double[]>();
        var losses = new ArrayList<double[]>();
        double best = Double.POSITIVE_INFINITY, worst = 0;
        int count = 0;
        for (int i : lab.progress("rows of the triangle", n + 1)) {
            Arrays.fill(triangle[i], Double.NaN);
            for (int j = 0; j <= n - i; j++) {
                double[] r = {i / (double) n, j / (double) n, (n - i - j) / (double) n}, loss = losses(probabilities, r);
                triangle[i][j] = dot(importance, loss);
                best = Math.min(best, triangle[i][j]);
                worst = Math.max(worst, triangle[i][j]);
                if (count++ % every == 0) {
                    runs.add(r);
                    losses.add(loss);
                }
            }
        }
        var law = MixtureLaw.fit(runs.toArray(double[][]::new), losses.toArray(double[][]::new));
        var chosen = law.best(importance);
        double reached = dot(importance, losses(probabilities, chosen));
        lab.figure(Figure.heatmap("Loss over mixtures; what is left of 100% is the Bible", triangle, percent, percent)
                .axes("romance", "learned")
                .describedAs("A valley inside the triangle: a model that has read nothing of a genre pays dearly for it."));
        lab.table("The point that the law picks from " + runs.size() + " runs",
                List.of("learned", "romance", "bible", "loss there (nats)", "least on the grid"),
                List.of(List.of(chosen[0], chosen[1], chosen[2], reached, best)));
        lab.shows("loss at the chosen point over the grid's least", reached / best, below(1.05));

        var mixture = new DataMixture(List.of(new DataMixture.Source("learned", corpora.get(0), chosen[0]),
                new DataMixture.Source("romance", corpora.get(1), chosen[1]), new DataMixture.Source("bible", corpora.get(2), chosen[2])))
                .withUnit(DataMixture.Unit.TOKENS).withSeed(lab.seed());
        var tokens = new double[3];
        var ids = new ArrayList<String>();
        MixtureStream.State state;
        try (var stream = mixture.begin()) {
            for (int d = 0; d < 400; d++) {
                var draw = stream.next();
                tokens[draw.source()] += Words.of(draw.document().text()).count();
                ids.add(draw.document().id());
            }
            state = stream.state();
            for (int d = 0; d < 50; d++) ids.add(stream.next().document().id());
        }
        int differ = 0;
        try (var stream = mixture.resume(state)) {
            for (int d = 400; d < 450; d++) if (!stream.next().document().id().equals(ids.get(d))) differ++;
        }
        double all = tokens[0] + tokens[1] + tokens[2], gap = 0;
        for (int i = 0; i < 3; i++) gap = Math.max(gap, Math.abs(tokens[i] / all - chosen[i]));
        lab.shows("largest distance of a share of the tokens drawn from its weight", gap, below(0.02));
        lab.shows("draws after resuming that differ", differ, exactly(0));
    }

    /** Of each domain, for some words held out, the probability under a model of each domain. */
    private static double[][][] wordProbabilities(List<Corpus> corpora) {
        var models = corpora.stream().map(corpus -> NgramModel.train(corpus.split(4, 0.8, 0.2).get(0), 1, 30_000)).toList();
        var all = new double[DOMAINS.size()][][];
        for (int d = 0; d < all.length; d++) {
            var text = corpora.get(d).split(4, 0.8, 0.2).get(1).limit(2).toList();
            var rows = new ArrayList<double[]>();
            for (var document : text) {
                var words = Words.of(document.text());
                for (int i = 0; i < words.count(); i++) {
                    var word = words.word(i);
                    rows.add(models.stream().mapToDouble(model -> Math.exp(model.score(word))).toArray());
                }
            }
            all[d] = rows.toArray(double[][]::new);
        }
        return all;
    }

    private static double[] losses(double[][][] probabilities, double[] r) {
        var losses = new double[probabilities.length];
        for (int d = 0; d < losses.length; d++)
            for (var word : probabilities[d]) losses[d] -= Math.log(dot(r, word)) / probabilities[d].length;
        return losses;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }
}
