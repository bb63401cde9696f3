package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.data.SparseCounts;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.bayes.EventModel;
import lyceum.learn.bayes.NaiveBayes;
import lyceum.learn.bayes.NaiveBayesModel;
import lyceum.plot.Figure;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** Mails as bags of words: which words speak for spam, how one mail's score comes about, and how few mails it takes. */
@Lab(topics = "naive-bayes", title = "Each word casts a vote")
final class NaiveBayesLab implements LabBody {
    @Override public void run(LabContext lab) {
        double alpha = lab.param("alpha", 1, 1e-6, 10.0);
        int shown = lab.param("words", 12, 3, 40), mail = lab.param("mail", 1500, 0, 3000);
        boolean presence = lab.choice("events", "multinomial", "multinomial", "bernoulli").equals("bernoulli");
        var mails = Datasets.spamAssassin();
        int[] order = lab.rng(0).permutation(mails.size());
        SparseCounts train = mails.rows(Arrays.copyOf(order, order.length / 2)),
                test = mails.rows(Arrays.copyOfRange(order, order.length / 2, order.length));
        var learner = new NaiveBayes(presence ? new EventModel.Bernoulli(alpha, 0) : new EventModel.Multinomial(alpha));
        var model = learner.fit(csr(train), train.y());

        double[] vote = model.featureWeights().select(0, 1).sub(model.featureWeights().select(0, 0)).toDoubleArray();
        var seen = new int[mails.features()];
        for (int word : train.columns()) seen[word]++;
        int[] words = IntStream.range(0, vote.length).filter(j -> seen[j] >= 20).boxed().sorted(Comparator.comparingDouble(j -> -vote[j]))
                .mapToInt(j -> j).toArray();
        lab.figure(Figure.row("The most telling words", telling("for spam", mails, words, vote, shown, 1),
                telling("for ham", mails, words, vote, shown, -1)).describedAs(
                        "Bars of the words whose presence shifts the log odds most, to one side and to the other; words of fewer than 20 mails are left out."));

        breakdown(lab, test, model, vote, mail, presence);

        var growing = learner.start(mails.features(), 0, 1);
        double[] sizes = new double[12], right = new double[12];
        int from = 0;
        for (int s : lab.progress("growing training set", 12)) {
            int to = (int) Math.round(20 * Math.pow(train.size() / 20.0, s / 11.0));
            var more = train.rows(IntStream.range(from, to).toArray());
            growing = growing.add(csr(more), more.y(), null);
            from = to;
            sizes[s] = to;
            right[s] = 100 * accuracy(growing, test);
        }
        lab.figure(
                Figure.line("Accuracy as mails come in", sizes, right).logX().axes("mails learned from", "accuracy on held-out mails in %")
                        .describedAs(String.format(Locale.ROOT,
                                "The curve rises from %.0f%% after %.0f mails over %.0f%% after %.0f to %.0f%% after all %.0f.", right[0],
                                sizes[0], right[6], sizes[6], right[11], sizes[11])));
        lab.say("Learned from %d mails in one pass; %.2f%% of %d others are judged rightly. Learning them in twelve portions gives the same model.",
                train.size(), right[11], test.size());

        lab.shows("accuracy on held-out mails", right[11] / 100, atLeast(0.95));
    }

    private static Figure telling(String title, SparseCounts mails, int[] words, double[] vote, int shown, int side) {
        var names = new String[shown];
        var values = new double[shown];
        for (int i = 0; i < shown; i++) {
            int word = words[side > 0 ? i : words.length - 1 - i];
            names[i] = mails.vocabulary().get(word);
            values[i] = Math.abs(vote[word]);
        }
        return Figure.bar(title, names, values).horizontal().axes("shift of the log odds", "word");
    }

    /** How the score of one mail adds up: prior first, then its words by the size of their votes. */
    private static void breakdown(LabContext lab, SparseCounts test, NaiveBayesModel model, double[] vote, int mail, boolean presence) {
        int row = Math.min(mail, test.size() - 1);
        record Part(String word, int count, double votes) {}
        var parts = new ArrayList<Part>();
        for (int e = test.rowStarts()[row]; e < test.rowStarts()[row + 1]; e++) {
            int word = test.columns()[e], count = presence ? 1 : test.counts()[e];
            parts.add(new Part(test.vocabulary().get(word), test.counts()[e], count * vote[word]));
        }
        parts.sort(Comparator.comparingDouble(p -> -Math.abs(p.votes())));
        double score = model.jointLogLikelihood(csr(test.rows(row))).item(0, 1) - model.jointLogLikelihood(csr(test.rows(row))).item(0, 0),
                base = model.intercepts()[1] - model.intercepts()[0], sum = base;
        var rows = new ArrayList<List<?>>();
        rows.add(List.of(presence ? "(prior and absent words)" : "(prior)", "", base, sum));
        for (var part : parts) {
            sum += part.votes();
            if (rows.size() <= 15) rows.add(List.of(part.word(), part.count(), part.votes(), sum));
        }
        lab.table("Why mail " + row + " is called " + (score > 0 ? "spam" : "ham") + " (it is " + test.classNames().get(test.labels()[row])
                + ")", List.of("word", "times", "votes for spam", "score so far"), rows);
        lab.shows("score against the sum of its votes, relative", Math.abs(score - sum) / Math.max(1, Math.abs(score)), below(1e-9));
    }

    private static double accuracy(NaiveBayesModel model, SparseCounts mails) {
        return model.predict(csr(mails)).eq(mails.y()).to(DType.F64).mean().item();
    }

    private static Csr csr(SparseCounts counts) {
        return Csr.of(counts.size(), counts.features(), counts.rowStarts(), counts.columns(), Tensor.of(counts.counts()).to(DType.F64));
    }
}
