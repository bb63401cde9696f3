package lyceum.labs.text;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Svd;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.text.vector.Cooccurrences;
import lyceum.text.vector.Cooccurrences.Weighting;
import lyceum.text.vector.EmbeddingGeometry;
import lyceum.text.vector.EmbeddingGeometry.AnalogyQuestion;
import lyceum.text.vector.EmbeddingTable;
import lyceum.text.vector.EmbeddingTable.Analogy;
import lyceum.text.vector.GloVe;

/** Words of two genders and six ranks, known only by the company they keep: the same step leads from each man to his woman. */
@Lab(topics = "glove", title = "Ratios of counts become steps in space")
final class GloVeLab implements LabBody {
    private static final String[][] TITLES = {{"king", "prince", "duke", "count", "baron", "squire"},
            {"queen", "princess", "duchess", "countess", "baroness", "dame"}};

    @Override public void run(LabContext lab) {
        int dimension = lab.param("dimension", 12, 2, 50), epochs = lab.param("epochs", 80, 1, 200),
                sentences = lab.param("sentences", 8000, 500, 20_000);
        double xMax = lab.param("xMax", 50.0, 1.0, 500.0), alpha = lab.param("alpha", 0.75, 0.0, 1.0);
        int from = lab.param("analogy: rank", 0, 0, 5), to = lab.param("analogy: other rank", 3, 0, 5);

        var counted = new Cooccurrences(10).withWeighting(Weighting.HARMONIC).count(text(lab.rng(0), sentences));
        lab.say("%,d filled cells of %d x %d; the largest count is %.0f. From xMax = %.0f on a cell's weight grows no more.",
                counted.matrix().entries(), counted.words().size(), counted.words().size(),
                Arrays.stream(counted.matrix().values().toDoubleArray()).max().orElse(0), xMax);
        var losses = new ArrayList<Double>();
        var glove = new GloVe(dimension).withXMax(xMax).withAlpha(alpha).withEpochs(epochs).withLearningRate(0.1).withSeed(lab.seed());
        var model = glove.fit(counted.matrix(), update -> {
            losses.add(update.metrics().get("loss"));
            lab.progress().report(update);
        });
        lab.figure(Figure.line("Weighted loss by pass", 1, losses.stream().mapToDouble(d -> d).toArray()).logY()
                .axes("pass", "mean weighted squared error").describedAs("AdaGrad over the filled cells in a new order each pass."));
        var table = EmbeddingTable.of(counted.words(), model.sum());

        var names = new ArrayList<String>();
        for (var gender : TITLES) for (var title : gender) if (table.contains(title)) names.add(title);
        if (names.size() < 12) {
            lab.say("Some titles stand less than five times: write more sentences.");
            return;
        }
        var cloud = table.only(names).centred().vectors();
        double[][] plane = cloud.matmul(Svd.of(cloud).v().slice(1, 0, 2, 1)).transpose().toRows();
        lab.figure(Figure.scatter("Titles on their first two axes", plane[0], plane[1]).labelled(names.toArray(String[]::new))
                .arrows("to the woman", Arrays.copyOf(plane[0], 6), Arrays.copyOf(plane[1], 6), Arrays.copyOfRange(plane[0], 6, 12),
                        Arrays.copyOfRange(plane[1], 6, 12))
                .axes("first principal axis", "second principal axis").describedAs(
                        "Arrows lead from each man's title to its woman's; the nearer to parallel they are, the better analogies work."));
        var step = EmbeddingGeometry.direction(table.only(names.subList(0, 6)).vectors(), table.only(names.subList(6, 12)).vectors());
        var answer = table.analogy(TITLES[0][from], TITLES[1][from], from == to ? TITLES[1][to] : TITLES[0][to], 3);
        lab.table(TITLES[0][from] + " : " + TITLES[1][from] + " = " + TITLES[0][to] + " : ?", List.of("answer", "score"),
                answer.stream().map(n -> List.of(n.name(), n.score())).toList());
        var questions = new ArrayList<AnalogyQuestion>();
        for (int r = 0; r < 6; r++)
            for (int q = 0; q < 6; q++)
                if (q != r) questions.add(new AnalogyQuestion(TITLES[0][r], TITLES[1][r], TITLES[0][q], TITLES[1][q]));
        lab.shows("mean cosine of the six steps with their mean", step.consistency(), atLeast(0.8));
        lab.shows("analogies of gender that are right", EmbeddingGeometry.analogyAccuracy(table, questions, Analogy.ADD), atLeast(0.7));
        if (epochs > 1) lab.shows("loss of the last pass over the first's", losses.getLast() / losses.getFirst(), below(0.5));
    }

    /** A title among words of its gender and its rank, half of the time of any. */
    private static List<List<String>> text(Rng rng, int sentences) {
        var text = new ArrayList<List<String>>();
        for (int s = 0; s < sentences; s++) {
            int gender = rng.nextInt(2), rank = rng.nextInt(6);
            int nearGender = rng.nextInt(2) == 0 ? rng.nextInt(2) : gender, nearRank = rng.nextInt(2) == 0 ? rng.nextInt(6) : rank;
            var words = List.of(TITLES[gender][rank], (nearGender == 0 ? "he" : "she") + rng.nextInt(4), "land" + nearRank + rng.nextInt(4),
                    "word" + rng.nextInt(20));
            text.add(Arrays.stream(rng.permutation(4)).mapToObj(words::get).toList());
        }
        return text;
    }
}
