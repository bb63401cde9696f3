package lyceum.models.vision.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.models.vision.segment.InstanceSegmenter.Instance;
import lyceum.random.Rng;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RleMaskTest {
    /** Blobs, lines, noise, nothing and everything. */
    private static boolean[] drawn(int height, int width, Rng rng) {
        var mask = new boolean[height * width];
        int kind = rng.nextInt(5), top = rng.nextInt(height), left = rng.nextInt(width);
        int bottom = top + 1 + rng.nextInt(height - top), right = left + 1 + rng.nextInt(width - left);
        for (int y = 0; y < height; y++) for (int x = 0; x < width; x++) mask[y * width + x] = switch (kind) {
            case 0 -> y >= top && y < bottom && x >= left && x < right;
            case 1 -> rng.nextInt(3) == 0;
            case 2 -> (y - top) * (y - top) + (x - left) * (x - left) < width;
            case 3 -> y == top || x == left;
            default -> top % 2 == 0;
        };
        return mask;
    }

    /** Against the masks themselves, pixel by pixel. */
    @Test void runsAreTheMask() {
        var rng = Rng.of(5);
        int empty = 0, crossing = 0;
        for (int n = 0; n < 2000; n++) {
            int height = 1 + rng.nextInt(20), width = 1 + rng.nextInt(20);
            boolean[] a = drawn(height, width, rng), b = drawn(height, width, rng);
            RleMask x = RleMask.of(a, height, width), y = RleMask.of(b, height, width);
            long area = 0, both = 0, any = 0;
            int left = width, top = height, right = 0, bottom = 0;
            for (int i = 0; i < a.length; i++) {
                if (a[i] && b[i]) both++;
                if (a[i] || b[i]) any++;
                if (!a[i]) continue;
                area++;
                left = Math.min(left, i % width);
                right = Math.max(right, i % width + 1);
                top = Math.min(top, i / width);
                bottom = Math.max(bottom, i / width + 1);
            }
            assertThat(x.mask()).isEqualTo(a);
            assertThat(x.area()).isEqualTo(area);
            assertThat(x.box()).containsExactly(area == 0 ? new double[4] : new double[] {left, top, right, bottom});
            assertThat(x.and(y).area()).isEqualTo(both);
            assertThat(x.or(y).area()).isEqualTo(any);
            assertThat(x.iou(y)).isEqualTo(new Instance(0, a).iou(new Instance(0, b)));
            assertThat(x.within(y)).isEqualTo(area == 0 ? 0 : (double) both / area);
            assertThat(RleMask.of(height, width, x.counts())).isEqualTo(x);
            assertThat(RleMask.parse(x.text(), height, width)).isEqualTo(x).hasSameHashCodeAs(x);
            if (area == 0) empty++;
            if (x.counts().length > 3) crossing++;
        }
        assertThat(empty).isPositive();
        assertThat(crossing).isGreaterThan(500);
    }

    /** What COCO's own tool writes for these runs: numbers of one character and of two, shorter and longer than those before. */
    @Test void textIsThatOfCocosTool() {
        int[] counts = {6, 1, 40, 4, 5, 4, 5, 4, 21};
        var mask = RleMask.of(9, 10, counts);
        assertThat(mask.text()).isEqualTo("61X13mN000`0");
        assertThat(RleMask.parse("61X13mN000`0", 9, 10).counts()).containsExactly(counts);
        // by columns: the second row of the first column alone
        assertThat(RleMask.of(new boolean[] {false, false, true, false}, 2, 2).counts()).containsExactly(1, 1, 2);
        assertThat(RleMask.of(2, 2, 0, 4).mask()).containsExactly(true, true, true, true);
        assertThat(RleMask.of(2, 2, 0, 1, 0, 3)).isEqualTo(RleMask.of(2, 2, 0, 4));
    }

    @Test void whatIsNoMaskIsRefused() {
        assertThatThrownBy(() -> RleMask.of(2, 3, 4, 1)).isInstanceOf(FormatException.class)
                .hasMessageContaining("5 pixels together for 2 x 3");
        assertThatThrownBy(() -> RleMask.of(2, 3, 7, -1)).hasMessageContaining("run 1 has the length -1");
        assertThatThrownBy(() -> RleMask.of(2, 2, Integer.MAX_VALUE, Integer.MAX_VALUE, 6)).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> RleMask.of(0, 3)).hasMessageContaining("0 x 3 pixels");
        assertThatThrownBy(() -> RleMask.of(1 << 20, 1 << 20)).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> RleMask.of(new boolean[5], 2, 3)).isInstanceOf(ShapeException.class).hasMessageContaining("5 pixels");
        assertThatThrownBy(() -> RleMask.parse("61X", 9, 10)).isInstanceOf(FormatException.class).hasMessageContaining("does not end");
        assertThatThrownBy(() -> RleMask.parse("6 1", 9, 10)).hasMessageContaining("the character 32").hasMessageContaining("at byte 1");
        assertThatThrownBy(() -> RleMask.parse("oooooooooo", 9, 10)).hasMessageContaining("does not end");
        assertThatThrownBy(() -> RleMask.parse("o0", 9, 10)).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> RleMask.of(2, 2, 4).and(RleMask.of(4, 1, 4))).isInstanceOf(ShapeException.class);
    }

    private static void mutants(int n) {
        var text = "61X13mN000`0".getBytes(StandardCharsets.US_ASCII);
        var report = Fuzz.of(text, RleMask.of(drawn(9, 10, Rng.of(8)), 9, 10).text().getBytes(StandardCharsets.US_ASCII))
                .allowing(FormatException.class)
                .mutants(n, bytes -> RleMask.parse(new String(bytes, StandardCharsets.ISO_8859_1), 9, 10).mask());
        assertThat(report.refused()).isPositive();
    }

    @Test void fiveThousandMutantsAreReadOrRefused() { mutants(5_000); }

    @Tag("heavy")
    @Test void aHundredThousandMutantsAreReadOrRefused() { mutants(100_000); }
}
