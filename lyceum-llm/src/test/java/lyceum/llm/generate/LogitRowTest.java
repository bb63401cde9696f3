package lyceum.llm.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class LogitRowTest {
    /** The largest of each block stays known whatever is done to a row before it is cut. */
    @Test void aLargeRowIsCutAsASortCutsItAfterAnyChanges() {
        int tied = 0;
        for (int i = 0; i < 24; i++) {
            var r = new Recipe(7_000 + i);
            int v = 12_000 + r.below(9_000), k = 1 + r.below(48);
            double[] z = r.bells(v);
            for (int id = 0; id < v; id++) z[id] = i % 3 == 0 ? Math.rint(3 * z[id]) : (float) z[id];
            var row = new LogitRow(v);
            if (i % 2 == 0) row.load(z);
            else {
                var narrow = new float[v + 5];
                for (int id = 0; id < v; id++) narrow[5 + id] = (float) z[id];
                row.load(narrow, 5);
            }
            for (int change = 0; change < 400; change++) {
                int id = change % 4 == 3 ? row.argmax() : r.below(v);
                switch (change % 3) {
                    case 0 -> row.set(id, z[id] = z[id] / 3);
                    case 1 -> row.add(id, change % 2 == 0 ? 1 : -2);
                    default -> row.ban(id);
                }
                if (change % 3 == 1) z[id] += change % 2 == 0 ? 1 : -2;
                if (change % 3 == 2) z[id] = Double.NEGATIVE_INFINITY;
            }
            for (int id = 3_000; id < 3_600; id++) {
                row.ban(id);
                z[id] = Double.NEGATIVE_INFINITY;
            }
            if (i % 4 == 1) {
                row.scale(0.7);
                for (int id = 0; id < v; id++) z[id] /= 0.7;
                assertThat(row.logit(17)).isEqualTo(z[17]);
            }
            if (i % 5 == 2) {
                var allowed = new long[(v + 63) / 64];
                for (int word = 0; word < allowed.length; word++) allowed[word] = word % 3 == 0 ? -1 : word % 3 == 1 ? 0 : r.next();
                row.banOthers(allowed);
                for (int id = 0; id < v; id++) if ((allowed[id >> 6] >>> id & 1) == 0) z[id] = Double.NEGATIVE_INFINITY;
            }
            var order = SamplingReference.order(z);
            assertThat(row.max()).isEqualTo(z[order.getFirst()]);
            assertThat(row.argmax()).isEqualTo(order.getFirst());
            if (z[order.get(k - 1)] == z[order.get(k)]) tied++;
            row.keepLargest(k);
            assertThat(IntStream.range(0, row.count()).map(row::id).toArray())
                    .isEqualTo(order.subList(0, k).stream().mapToInt(Integer::intValue).sorted().toArray());
            for (int at = 0; at < k; at++) assertThat(row.logit(row.id(at))).isEqualTo(z[row.id(at)]);
        }
        assertThat(tied).as("cuts through a tie").isPositive();
    }

    @Test void aNumberThatIsNoLogitIsNamedWhereverItStands() {
        var row = new LogitRow(1_000);
        for (int id : new int[] {0, 255, 256, 700, 999}) for (double wrong : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            var z = new double[1_000];
            Arrays.fill(z, 1);
            z[(id + 500) % 1_000] = Double.NEGATIVE_INFINITY;
            z[id] = wrong;
            assertThatThrownBy(() -> row.load(z)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("logit of id " + id + " is " + wrong);
            var narrow = new float[1_000];
            for (int i = 0; i < narrow.length; i++) narrow[i] = (float) z[i];
            assertThatThrownBy(() -> row.load(narrow, 0)).hasMessageContaining("logit of id " + id + " is " + wrong);
        }
    }
}
