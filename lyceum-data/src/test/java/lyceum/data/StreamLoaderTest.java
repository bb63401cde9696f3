package lyceum.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class StreamLoaderTest {
    private int opened, closed, read;

    /** Numbers from 0 on, counted as they are read. */
    private Iterator<Integer> numbers(int n) {
        opened++;
        return new Numbers(n);
    }

    private final class Numbers implements Iterator<Integer>, AutoCloseable {
        private final int n;
        private int at;

        Numbers(int n) { this.n = n; }

        @Override public boolean hasNext() { return at < n; }

        @Override public Integer next() {
            read++;
            return at++;
        }

        @Override public void close() { closed++; }
    }

    private StreamLoader<Integer> loader(int n) { return StreamLoader.of(() -> numbers(n), 8, Rng.of(1)); }

    private static List<Integer> all(Iterator<List<Integer>> batches) {
        var all = new ArrayList<Integer>();
        batches.forEachRemaining(all::addAll);
        return all;
    }

    @Test void withoutABufferTheOrderIsTheSources() {
        assertThat(all(loader(21).pass(0))).isEqualTo(IntStream.range(0, 21).boxed().toList());
        var sizes = new ArrayList<Integer>();
        loader(21).pass(0).forEachRemaining(batch -> sizes.add(batch.size()));
        assertThat(sizes).containsExactly(8, 8, 5);
        assertThat(all(loader(21).withLast(DataLoader.Last.DROP).pass(0))).hasSize(16);
        assertThat(all(loader(0).pass(0))).isEmpty();
        assertThat(closed).isEqualTo(opened);
    }

    @Test void aBufferMixesEachPassAnewAndNoItemComesMoreThanABufferEarly() {
        var loader = loader(1000).withBuffer(100);
        var first = all(loader.pass(0));
        assertThat(first).containsExactlyInAnyOrderElementsOf(IntStream.range(0, 1000).boxed().toList());
        for (int i = 0; i < 1000; i++) assertThat(first.get(i)).isLessThan(i + 100);
        int inversions = 0;
        for (int i = 1; i < 1000; i++) if (first.get(i) < first.get(i - 1)) inversions++;
        assertThat(inversions).isBetween(400, 600);
        assertThat(all(loader.pass(0))).isEqualTo(first);
        assertThat(all(loader.pass(1))).isNotEqualTo(first);
        assertThat(all(StreamLoader.of(() -> numbers(1000), 8, Rng.of(2)).withBuffer(100).pass(0))).isNotEqualTo(first);
    }

    @Test void noMoreIsReadThanTheBufferAndABatch() {
        try (var batches = loader(1_000_000).withBuffer(50).pass(0)) {
            for (int i = 1; i <= 10; i++) {
                batches.next();
                assertThat(read).isLessThanOrEqualTo(50 + 8 * i);
            }
            assertThat(closed).isZero();
        }
        assertThat(closed).isEqualTo(1);
    }

    @Test void resumingAnywhereGivesTheRest() {
        var loader = loader(100).withBuffer(30);
        var whole = all(loader.pass(2));
        for (int taken : new int[] {0, 1, 7, 12}) assertThat(all(loader.pass(2, taken))).isEqualTo(whole.subList(8 * taken, 100));
        assertThatThrownBy(() -> loader.pass(2, 14)).isInstanceOf(NoSuchElementException.class);
    }

    @Test void ranksAreDisjointAndCoverAll() {
        var together = new ArrayList<Integer>();
        for (int rank = 0; rank < 3; rank++) together.addAll(all(loader(100).withBuffer(20).withRank(rank, 3).pass(0)));
        assertThat(together).containsExactlyInAnyOrderElementsOf(IntStream.range(0, 100).boxed().toList());
    }

    @Test void batchesMadeAheadComeInTheSameOrderForAnyThreads() {
        var loader = loader(200).withBuffer(40);
        var expected = all(loader.pass(0, 3));
        for (int threads : new int[] {1, 4}) {
            var got = new ArrayList<Integer>();
            try (var batches = loader.prefetch(0, 3, threads, items -> items.stream().map(i -> i + 1).toList())) {
                while (batches.hasNext()) got.addAll(batches.next());
            }
            assertThat(got).isEqualTo(expected.stream().map(i -> i + 1).toList());
        }
        assertThat(closed).isEqualTo(opened);
    }

    @Test void aSourceThatFailsIsHeardAtItsTurnAndClosed() {
        var loader = StreamLoader.of(() -> new Iterator<Integer>() {
            private int at;

            @Override public boolean hasNext() { return true; }

            @Override public Integer next() {
                if (at == 20) throw new IllegalStateException("line 20 is damaged");
                return at++;
            }
        }, 8, Rng.of(1));
        try (var batches = loader.prefetch(0, 0, 2, items -> items)) {
            assertThat(batches.next()).hasSize(8);
            assertThat(batches.next()).hasSize(8);
            assertThatThrownBy(batches::next).hasMessage("line 20 is damaged");
            assertThatThrownBy(batches::next).hasMessageContaining("closed");
        }
        var left = loader(1_000).prefetch(0, 0, 2, items -> items);
        left.next();
        left.close();
        assertThat(closed).isEqualTo(opened);
    }

    @Test void aClosedPassGivesNoBatchThatWasLookedAt() {
        var batches = loader(100).pass(0);
        assertThat(batches.hasNext()).isTrue();
        batches.close();
        assertThat(batches.hasNext()).isFalse();
    }

    @Test void badArgumentsAreNamed() {
        assertThatThrownBy(() -> StreamLoader.of(() -> numbers(1), 0, Rng.of(1))).hasMessageContaining("batch size 0");
        assertThatThrownBy(() -> loader(1).withBuffer(0)).hasMessageContaining("0 items");
        assertThatThrownBy(() -> loader(1).withLast(DataLoader.Last.PAD)).hasMessageContaining("PAD");
        assertThatThrownBy(() -> loader(1).pass(0, -1)).hasMessageContaining("-1 batches");
        assertThatThrownBy(() -> loader(1).prefetch(0, 0, 0, items -> items)).hasMessageContaining("0 threads");
        assertThatThrownBy(() -> loader(1).withRank(2, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
