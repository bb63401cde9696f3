package lyceum.retrieval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lyceum.FormatException;
import org.junit.jupiter.api.Test;

/** Lists that no index writes. */
class PostingCursorTest {
    @Test void aBlockHasNoMoreBestPairsThanPostings() {
        for (int pairs : new int[] {128, 129, 300, -1}) {
            var out = new ByteSink();
            out.putInt(3);
            for (int b = 0; b < 3; b++) {
                out.putInt(128 * b + 127);
                out.putInt(4 + 12 * 3);
                out.putInt(0);
            }
            out.putInt(pairs);
            for (int i = 0; i < 8; i++) out.putByte(0); // of counts, lengths, .. in no bits: all 0
            var cursor = new PostingCursor(out.segment(), 0, 300, 1000);
            if (pairs == 128) assertThat(cursor.best(0, Saturation.none())).isZero();
            else assertThatThrownBy(() -> cursor.best(0, Saturation.none())).isInstanceOf(FormatException.class)
                    .hasMessageContaining(pairs + " best pairs");
        }
    }

    @Test void eachDocumentHasTheTermOnceAtLeast() {
        assertThat(places(1, 2)).containsExactly(1, 2, 3);
        for (int[] further : new int[][] {{-3, 7}, {-1, 3}, {Integer.MAX_VALUE, 1}, {1 << 30, 1 << 30}})
            assertThatThrownBy(() -> places(further)).isInstanceOf(FormatException.class).hasMessageContaining("places in a block");
    }

    /** Those in the second of two documents. */
    private static int[] places(int... further) {
        var out = new ByteSink();
        out.putInt(1);
        out.putInt(1);
        out.putInt(4 + 12);
        int line = out.size();
        out.putInt(0);
        BitPacking.pack(new int[2], 0, 2, out);
        BitPacking.pack(further, 0, 2, out);
        out.setInt(line, out.size());
        BitPacking.pack(new int[] {1, 1, 1, 1, 1, 1, 1, 1}, 0, 8, out);
        var cursor = new PostingCursor(out.segment(), 0, 2, 2);
        assertThat(cursor.advance(1)).isEqualTo(1);
        return cursor.places();
    }
}
