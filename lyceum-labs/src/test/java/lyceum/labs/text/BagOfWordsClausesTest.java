package lyceum.labs.text;

import static lyceum.testing.Bound.atLeast;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.data.SparseCounts;
import lyceum.learn.bayes.NaiveBayes;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.count.CountVectorizer;
import lyceum.text.count.TermSplitter;
import org.junit.jupiter.api.Test;

/** The clause of bag-of-words that wants a learner. */
class BagOfWordsClausesTest {
    /** The mails are kept as counts; a bag does not mind in which order their words are put. */
    private static ArrayList<String> texts(SparseCounts mails) {
        var texts = new ArrayList<String>();
        for (int i = 0; i < mails.size(); i++) {
            var text = new StringBuilder();
            for (int e = mails.rowStarts()[i]; e < mails.rowStarts()[i + 1]; e++)
                for (int k = 0; k < mails.counts()[e]; k++) text.append(mails.vocabulary().get(mails.columns()[e])).append(' ');
            texts.add(text.toString());
        }
        return texts;
    }

    @Acceptance(topic = "bag-of-words", clause = 5)
    @Test void naiveBayesOnTheCountsTellsSpam() {
        var mails = Datasets.spamAssassin();
        int[] order = Rng.of(5).permutation(mails.size());
        int cut = mails.size() * 4 / 5;
        SparseCounts train = mails.rows(IntStream.range(0, cut).map(i -> order[i]).toArray()),
                test = mails.rows(IntStream.range(cut, order.length).map(i -> order[i]).toArray());
        var vectorizer = new CountVectorizer().withSplitter(TermSplitter.BLANKS);
        var trainCounts = vectorizer.fitTransform(texts(train));
        var counts = new CountVectorizer().withSplitter(TermSplitter.BLANKS).withVocabulary(trainCounts.terms()).fit(texts(train))
                .transform(texts(test));
        var model = NaiveBayes.multinomial().fit(trainCounts.counts(), train.y());
        double right = model.predict(counts.counts()).eq(test.y()).to(DType.F64).mean().item();
        Evidence.of("accuracy on a fifth of the mails", right, atLeast(0.95));
        assertThat(test.size()).isGreaterThan(500);
    }
}
