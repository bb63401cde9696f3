package lyceum.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import lyceum.retrieval.IndexSnapshot.Costing;
import org.junit.jupiter.api.Test;

class IndexSnapshotTest {
    private static final IntToDoubleFunction COST = length -> 1.2 * (0.25 + 0.75 * length / 10);

    /** A document of weights, which has no length, beside one of 20 words. */
    private static IndexSnapshot snapshot() {
        var builder = new SegmentBuilder();
        for (int length : new int[] {0, 20}) {
            int document = builder.add("d" + length);
            builder.length(document, "f", length);
            builder.list("f", "t").weight(document, 3);
        }
        return new IndexSnapshot(List.of(new PostingSegment(builder.sections())), List.of(new BitSet()));
    }

    private static Costing costing(double k1) { return new Costing("f", k1, 0.75, Bm25.Norms.EXACT); }

    @Test void fewCountsAreFewInTheShortestTextToo() {
        var saturation = snapshot().saturation(costing(1.2), COST);
        for (int i = 1; i < 100; i++) {
            int few = saturation.few(i / 100.0);
            assertThat(few == 0 ? 0 : saturation.of(few, 0)).isLessThanOrEqualTo(i / 100.0);
        }
        assertThat(saturation.few(0.99)).isGreaterThan(0);
    }

    /** Who asks for ever new settings gets them, and the memory for eight. */
    @Test void theWaysToCostThatWereAskedForLastAreKept() {
        var snapshot = snapshot();
        var first = snapshot.saturation(costing(1), COST);
        for (int i = 2; i <= 20; i++) {
            snapshot.saturation(costing(i), COST);
            assertThat(snapshot.saturation(costing(1), COST)).isSameAs(first);
        }
        for (int i = 0; i < IndexSnapshot.KEPT; i++) snapshot.saturation(costing(100 + i), COST);
        assertThat(snapshot.saturation(costing(1), COST)).isNotSameAs(first);
    }

    @Test void wordsThatNoTextHasAreNotKept() {
        var snapshot = snapshot();
        for (int i = 0; i < 100; i++) assertThat(snapshot.frequency("f", "none" + i)).isZero();
        assertThat(snapshot.known()).isZero();
        assertThat(snapshot.frequency("f", "t")).isEqualTo(2);
        assertThat(snapshot.known()).isEqualTo(1);
        assertThat(snapshot.lengths("none")).isEqualTo(new IndexSnapshot.FieldLengths(0, 1));
        assertThat(snapshot.lengths("f")).isEqualTo(new IndexSnapshot.FieldLengths(1, 20));
    }
}
