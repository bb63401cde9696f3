package lyceum.labs.core;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;

import java.util.Arrays;
import lyceum.data.Datasets;
import lyceum.tensor.SparseVector;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

/** Sparse vectors of real documents: 6,046 mails over 4,000 words. */
class SparseTextTest {

    @Acceptance(topic = "sparse-vector", clause = 2)
    @Test void tfIdfRowsComeBackFromAtMostTwoBytesAGap() {
        var mails = Datasets.spamAssassin();
        var documents = new int[mails.features()];
        for (int column : mails.columns()) documents[column]++;
        int wrong = 0, rows = 0;
        long gaps = 0, bytes = 0, most = 0;
        for (int i = 0; i < mails.size(); i++) {
            int from = mails.rowStarts()[i], to = mails.rowStarts()[i + 1];
            var index = Arrays.copyOfRange(mails.columns(), from, to);
            var value = new double[index.length];
            for (int e = 0; e < value.length; e++)
                value[e] = mails.counts()[from + e] * Math.log((1.0 + mails.size()) / (1 + documents[index[e]]));
            var code = SparseVector.of(mails.features(), index, value).encodeIndex();
            var again = SparseVector.decode(mails.features(), code, value);
            if (!Arrays.equals(again.indices(), index) || !Arrays.equals(again.values(), value)) wrong++;
            for (int e = 0, at = 0; e < index.length; e++) {
                int first = at;
                while (code[at++] < 0) {
                }
                most = Math.max(most, at - first);
            }
            gaps += index.length;
            bytes += code.length;
            rows++;
        }
        Evidence.of("rows", rows, exactly(6046));
        Evidence.of("gaps", gaps, above(100_000));
        Evidence.of("rows that do not come back", wrong, exactly(0));
        Evidence.of("most bytes of a gap", most, atMost(2));
        Evidence.of("bytes a gap on average", (double) bytes / gaps, atMost(2));
    }
}
