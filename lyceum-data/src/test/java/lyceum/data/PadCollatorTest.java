package lyceum.data;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import lyceum.data.PadCollator.Side;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class PadCollatorTest {
    private static final String TOPIC = "padding-token";

    /** Words of each verse of the King James Bible. */
    private static int[] verses() throws IOException {
        try (var in = new GZIPInputStream(PadCollatorTest.class.getResourceAsStream("/golden/kjv-words.gz"))) {
            var bytes = in.readAllBytes();
            var lengths = new int[bytes.length];
            for (int i = 0; i < bytes.length; i++) lengths[i] = bytes[i];
            return lengths;
        }
    }

    /** Share of slots that are filler in the batches that the collator makes. */
    private static double waste(int[] lengths, DataLoader loader) {
        double filler = 0, slots = 0;
        for (var rows : loader.pass(0)) {
            var batch = new PadCollator(0).collate(Arrays.stream(rows).mapToObj(row -> new int[lengths[row]]).toList());
            filler += batch.waste() * batch.ids().count();
            slots += batch.ids().count();
        }
        return filler / slots;
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void bucketsWasteLittleOfTheBibleAndRandomBatchesMuch() throws IOException {
        int[] lengths = verses();
        Evidence.of("verses", lengths.length, exactly(31_102));
        for (int size : new int[] {16, 32, 64}) {
            var loader = DataLoader.of(lengths.length, size, Rng.of(295));
            Evidence.of("waste of random batches of " + size, waste(lengths, loader), atLeast(0.30));
            Evidence.of("waste of buckets of " + size, waste(lengths, loader.withSampler(Sampler.byLength(lengths, size, 50))),
                    atMost(0.10));
        }
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void noSequenceIsLostOrRepeatedInAPass() throws IOException {
        var rng = Rng.of(4);
        int wrong = 0, sets = 0;
        for (; sets < 300; sets++) {
            int n = sets == 0 ? 31_102 : 1 + rng.nextInt(400), size = 1 + rng.nextInt(40), pool = 1 + rng.nextInt(8);
            var lengths = sets == 0 ? verses() : new int[n];
            if (sets > 0) for (int i = 0; i < n; i++) lengths[i] = 1 + rng.nextInt(30);
            var seen = new int[n];
            for (var rows : DataLoader.of(n, size, Rng.of(sets)).withSampler(Sampler.byLength(lengths, size, pool)).pass(sets % 3)) {
                // each sequence carries its number, so what counts is what arrives in the tensors
                var batch = new PadCollator(-1).collate(Arrays.stream(rows).mapToObj(row -> {
                    var ids = new int[lengths[row]];
                    Arrays.fill(ids, row);
                    return ids;
                }).toList());
                long[] ids = batch.ids().toLongArray();
                for (int i = 0; i < batch.rows(); i++) {
                    long row = ids[i * batch.width()];
                    int length = 0;
                    while (length < batch.width() && ids[i * batch.width() + length] == row) length++;
                    if (length == lengths[(int) row]) seen[(int) row]++;
                }
            }
            for (int s : seen) if (s != 1) wrong++;
        }
        Evidence.of("data sets, one of them the Bible's verses", sets, exactly(300));
        Evidence.of("sequences that did not arrive once and whole", wrong, exactly(0));
    }

    @Test void bucketsMixAnewInEachPassAndAShortBatchStaysLast() {
        var lengths = new int[103];
        for (int i = 0; i < 103; i++) lengths[i] = 1 + i % 17;
        var loader = DataLoader.of(103, 10, Rng.of(1)).withSampler(Sampler.byLength(lengths, 10, 3));
        assertThat(loader.pass(0).getLast()).hasSize(3);
        assertThat(loader.pass(0).getFirst()).isNotEqualTo(loader.pass(1).getFirst());
        assertThatThrownBy(() -> Sampler.byLength(lengths, 0, 1)).hasMessageContaining("at least 1");
    }

    @Test void workersGetRowsOfSimilarLengthToo() {
        var lengths = new int[1_200];
        for (int i = 0; i < lengths.length; i++) lengths[i] = 1 + i % 100;
        for (int rank = 0; rank < 3; rank++) {
            var loader = DataLoader.of(1_200, 10, Rng.of(2)).withRank(rank, 3);
            var rows = new int[1_200];
            double told = 0, plain = 0;
            for (int[] batch : loader.withSampler(Sampler.byLength(lengths, 10, 40, 3)).pass(0)) {
                told = Math.max(told, spread(lengths, batch));
                for (int row : batch) rows[row]++;
            }
            for (int[] batch : loader.withSampler(Sampler.byLength(lengths, 10, 120)).pass(0))
                plain = Math.max(plain, spread(lengths, batch));
            assertThat(Arrays.stream(rows).sum()).isEqualTo(400);
            assertThat(Arrays.stream(rows).max().orElseThrow()).isEqualTo(1);
            assertThat(told).isLessThanOrEqualTo(3);
            assertThat(plain).isGreaterThan(20);
        }
        assertThatThrownBy(() -> Sampler.byLength(lengths, 10, 1, 0)).hasMessageContaining("for 0 ranks");
    }

    private static double spread(int[] lengths, int[] rows) {
        var own = Arrays.stream(rows).map(row -> lengths[row]).summaryStatistics();
        return own.getMax() - own.getMin();
    }

    @Test void masksPositionsAndTargetsFollowTheSide() {
        var texts = List.of(new int[] {5, 6}, new int[] {7, 8, 9});
        var right = new PadCollator(0).withMultiple(4).collate(texts);
        assertThat(right.ids().toLongArray()).containsExactly(5, 6, 0, 0, 7, 8, 9, 0);
        assertThat(right.mask().toBooleanArray()).containsExactly(true, true, false, false, true, true, true, false);
        assertThat(right.positions().toLongArray()).containsExactly(0, 1, 0, 0, 0, 1, 2, 0);
        assertThat(right.targets().toLongArray()).containsExactly(6, -100, -100, -100, 8, 9, -100, -100);
        assertThat(right.lastColumns().toLongArray()).containsExactly(1, 2);
        assertThat(right.lengths().toLongArray()).containsExactly(2, 3);
        assertThat(right.waste()).isEqualTo(3.0 / 8);
        assertThat(right.keyMask().shape().toArray()).containsExactly(2, 1, 1, 4);
        var left = new PadCollator(0).withSide(Side.LEFT).collate(texts);
        assertThat(left.ids().toLongArray()).containsExactly(0, 5, 6, 7, 8, 9);
        assertThat(left.positions().toLongArray()).containsExactly(0, 0, 1, 0, 1, 2);
        assertThat(left.targets().toLongArray()).containsExactly(-100, 6, -100, 8, 9, -100);
        assertThat(left.lastColumns().toLongArray()).containsExactly(2, 2);
        assertThat(left.targets(0, 2).toLongArray()).containsExactly(-100, 6, -100, -100, 9, -100);
    }

    @Test void longSequencesAreCutAndEmptyOnesRefused() {
        var text = List.of(new int[] {1, 2, 3, 4, 5});
        assertThat(new PadCollator(0).withMaximum(3).collate(text).ids().toLongArray()).containsExactly(1, 2, 3);
        assertThat(new PadCollator(0).withMaximum(3).withCut(Side.LEFT).collate(text).ids().toLongArray()).containsExactly(3, 4, 5);
        var texts = new ArrayList<>(text);
        texts.add(new int[0]);
        assertThatThrownBy(() -> new PadCollator(0).collate(texts)).hasMessageContaining("sequence 1 is empty");
        assertThatThrownBy(() -> new PadCollator(0).collate(List.of())).hasMessageContaining("no sequences");
        assertThatThrownBy(() -> new PadCollator(0).withMaximum(10).withMultiple(4)).hasMessageContaining("not a multiple of 4");
        assertThatThrownBy(() -> new PadCollator(0).collate(text).targets(1, 2)).hasMessageContaining("2 prompts for 1 rows");
    }
}
