package lyceum.labs.core;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.data.Datasets;
import lyceum.data.SparseCounts;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.tensor.SparseVector;
import lyceum.tensor.SparseVector.Match.Term;

/** A mail as the few words it has, the mails nearest to it, the words that explain why, and the same scores by hashing. */
@Lab(topics = "sparse-vector", title = "Why these two mails match")
final class SparseVectorLab implements LabBody {

    @Override public void run(LabContext lab) {
        int chosen = lab.param("mail", 700, 0, 1999), buckets = lab.param("buckets", 256, 16, 4096);
        int kept = lab.param("words kept", 12, 1, 50);
        var mails = Datasets.spamAssassin();
        var rows = vectors(mails, 2000);
        var mail = rows.get(chosen);

        var words = mail.top(kept);
        var order = IntStream.range(0, words.entries()).boxed().sorted(Comparator.comparingDouble(e -> -words.value(e))).toList();
        lab.figure(Figure
                .bar("The heaviest words of mail " + chosen,
                        order.stream().map(e -> mails.vocabulary().get(words.index(e))).toArray(String[]::new),
                        order.stream().mapToDouble(words::value).toArray())
                .axes("word", "TF-IDF, of a vector of length 1")
                .describedAs("A handful of words out of 4,000 carry most of the vector; all others are zeros that nobody stores."));
        int bytes = mail.encodeIndex().length;
        lab.say("The mail stores %d of %,d words. Its positions take %d bytes as gaps, %d as whole ints. The %d heaviest hold %.0f%% of its length.",
                mail.entries(), mail.dimension(), bytes, 4 * mail.entries(), words.entries(), 100 * words.norm());

        var nearest = IntStream.range(0, rows.size()).filter(i -> i != chosen).boxed()
                .sorted(Comparator.comparingDouble(i -> -rows.get(i).dot(mail))).limit(5).toList();
        var table = new ArrayList<List<?>>();
        double gap = 0;
        int steps = 0;
        for (int i : nearest) {
            var match = mail.match(rows.get(i));
            var terms = match.terms(mails.vocabulary()::get);
            gap = Math.max(gap, Math.abs(terms.stream().mapToDouble(Term::contribution).sum() - match.score()));
            steps = Math.max(steps, match.steps() - mail.entries() - rows.get(i).entries());
            var why = terms.stream().limit(4).map(t -> String.format(Locale.ROOT, "%s (%.3f)", t.name(), t.contribution())).toList();
            table.add(List.of(i, mails.classNames().get(mails.labels()[i]), match.score(), String.join(", ", why)));
        }
        lab.table("Nearest mails, and the words that say why", List.of("mail", "class", "score", "matched because of"), table);
        lab.shows("gap of the summed contributions to the score", gap, below(1e-12));
        lab.shows("steps of a merge beyond the entries of both", steps, atMost(0));

        var others = IntStream.range(0, 400).filter(i -> i != chosen).toArray();
        var exact = Arrays.stream(others).mapToDouble(i -> mail.dot(rows.get(i))).toArray();
        var small = mail.hashed(buckets, 1);
        var hashed = Arrays.stream(others).mapToDouble(i -> small.dot(rows.get(i).hashed(buckets, 1))).toArray();
        double error = 0;
        for (int i = 0; i < exact.length; i++) error += (hashed[i] - exact[i]) / exact.length;
        lab.figure(Figure.plot("Scores with 400 mails, by words and hashed into " + buckets + " buckets").points("a mail", exact, hashed)
                .line("equal", 0, 1, s -> s).axes("score by words", "score by hashing").describedAs(
                        "Points scatter about the diagonal, less the more buckets there are: signs make collisions cancel on average."));
        lab.shows("mean error of a hashed score", Math.abs(error), below(0.05));
    }

    /** TF-IDF rows of length 1. */
    private static List<SparseVector> vectors(SparseCounts mails, int count) {
        var documents = new int[mails.features()];
        for (int column : mails.columns()) documents[column]++;
        var rows = new ArrayList<SparseVector>();
        for (int i = 0; i < count; i++) {
            int from = mails.rowStarts()[i], to = mails.rowStarts()[i + 1];
            var value = new double[to - from];
            for (int e = from; e < to; e++)
                value[e - from] = (1 + Math.log(mails.counts()[e])) * Math.log((1.0 + mails.size()) / (1 + documents[mails.columns()[e]]));
            var row = SparseVector.of(mails.features(), Arrays.copyOfRange(mails.columns(), from, to), value);
            rows.add(row.norm() == 0 ? row : row.mul(1 / row.norm()));
        }
        return rows;
    }
}
