package lyceum.retrieval;

import static lyceum.retrieval.SemanticSearchTest.TOY;
import static lyceum.retrieval.SemanticSearchTest.ids;
import static lyceum.retrieval.SemanticSearchTest.toy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import lyceum.FormatException;
import lyceum.retrieval.SemanticSearch.Mode;
import lyceum.retrieval.SemanticSearchTest.Words;
import lyceum.tensor.Tensor;
import lyceum.testing.Fuzz;
import lyceum.text.encoder.TextEncoder;
import lyceum.text.encoder.TokenVectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An index in a folder, whole however a saving ends. */
class SemanticSearchFilesTest {
    @Test void aFolderKeepsTheIndexAndRefusesAnotherEncoder(@TempDir Path folder) throws IOException {
        var search = toy();
        search.save(folder);
        var again = SemanticSearch.open(folder, TOY, search.options());
        for (var query : List.of("money in the bank", "a river", "twelve"))
            for (var mode : Mode.values())
                assertThat(again.search(query, 3, mode, _ -> true)).isEqualTo(search.search(query, 3, mode, _ -> true));
        again.add("d", "boat and money", Map.of());
        assertThat(ids(again.search("boat and money", 1))).containsExactly("d");
        assertThatThrownBy(() -> SemanticSearch.open(folder, new Words(List.of("dog", "quick", "lazy", "x")), search.options()))
                .hasMessageContaining("another encoder made this index");
        var file = folder.resolve("passages.json");
        var whole = Files.readString(file);
        Files.writeString(file, whole.replace("\"formatVersion\":2", "\"formatVersion\":7"));
        assertThatThrownBy(() -> SemanticSearch.open(folder, TOY, search.options())).isInstanceOf(FormatException.class)
                .hasMessageContaining("is 7");
        Files.writeString(file, whole.replace("\"number\":3", "\"number\":9"));
        assertThatThrownBy(() -> SemanticSearch.open(folder, TOY, search.options())).isInstanceOf(FormatException.class)
                .hasMessageContaining("passage 9 has no vector");
        Files.writeString(file, "{\"formatVersion\":2}");
        assertThatThrownBy(() -> SemanticSearch.open(folder, TOY, search.options())).isInstanceOf(FormatException.class)
                .hasMessageContaining("generation");
        Files.writeString(file, "{");
        assertThatThrownBy(() -> SemanticSearch.open(folder, TOY, search.options())).isInstanceOf(FormatException.class);
    }

    @Test void aSavingThatFailsLeavesTheIndexThatWasThere(@TempDir Path folder) throws IOException {
        toy().save(folder);
        var broken = new AtomicBoolean();
        var failing = new TextEncoder() {
            @Override public int dimension() { return TOY.dimension(); }

            @Override public Tensor encode(List<String> texts) {
                if (broken.get()) throw new UncheckedIOException(new IOException("No space left on device"));
                return TOY.encode(texts);
            }

            @Override public List<TokenVectors> tokens(List<String> texts) { throw new UnsupportedOperationException(); }
        };
        var other = new SemanticSearch(failing);
        other.add("x", "money", Map.of());
        broken.set(true);
        assertThatThrownBy(() -> other.save(folder)).hasMessageContaining("No space left");
        assertThat(SemanticSearch.open(folder, TOY, toy().options()).size()).isEqualTo(3);
        broken.set(false);
        other.save(folder);
        assertThat(SemanticSearch.open(folder, TOY, toy().options()).size()).isEqualTo(1);
        assertThat(ids(SemanticSearch.open(folder, TOY, toy().options()).search("money", 3))).containsExactly("x");
    }

    private static List<String> names(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).map(file -> folder.relativize(file).toString()).sorted().toList();
        }
    }

    /** As those of the version before wrote them. */
    private static void copyFirstVersion(Path folder) throws IOException {
        var fixture = Path.of("src/test/resources/search-index-1");
        Files.createDirectories(folder.resolve("words"));
        for (var name : names(fixture)) Files.copy(fixture.resolve(name), folder.resolve(name));
    }

    private static void holds(Path folder, SemanticSearch search) throws IOException {
        same(SemanticSearch.open(folder, TOY, search.options()), search);
    }

    private static void same(SemanticSearch found, SemanticSearch search) {
        assertThat(found.size()).isEqualTo(search.size());
        for (var mode : Mode.values())
            assertThat(found.search("money in the bank", 3, mode, _ -> true))
                    .isEqualTo(search.search("money in the bank", 3, mode, _ -> true));
    }

    /** Each file of the new index in turn finds something in its way, and the moves end there as in a process that is killed. */
    @Test void aSavingThatStopsAtAnyMoveLeavesTheIndexThatWasThere(@TempDir Path folder) throws IOException {
        var one = new SemanticSearch(TOY);
        one.add("x", "money", Map.of());
        var moved = List.of("passages.json", "vectors-2.lyx", "words/index-2.lyx", "words/segment-2-0.lyx");
        var empty = new SemanticSearch(TOY);
        for (var kind : List.of("empty", "of the first version", "toy")) for (int i = 0; i < moved.size(); i++) {
            var index = folder.resolve(kind + i);
            if (kind.equals("of the first version")) copyFirstVersion(index);
            else(kind.equals("toy") ? toy() : empty).save(index);
            var old = names(index);
            var place = index.resolve(moved.get(i));
            var aside = folder.resolve("aside");
            if (Files.exists(place)) Files.move(place, aside);
            Files.createDirectories(place.resolve("in the way"));
            assertThatThrownBy(() -> one.save(index)).isInstanceOf(IOException.class).hasMessageContaining(place.toString());
            Files.delete(place.resolve("in the way"));
            Files.delete(place);
            if (Files.exists(aside)) Files.move(aside, place);
            assertThat(names(index)).containsAll(old);
            holds(index, kind.equals("empty") ? empty : toy());
            one.save(index);
            holds(index, one);
            assertThat(names(index)).hasSize(moved.size()).doesNotContainAnyElementsOf(old.subList(1, old.size()));
        }
    }

    /** What another process does. */
    interface Meddling {
        void run() throws IOException;
    }

    /** A folder in which something happens before a file is opened whose name begins so: when what names it has been read. */
    static Path meddled(Path folder, String name, Meddling meddling) {
        return (Path) Proxy.newProxyInstance(Meddling.class.getClassLoader(), new Class<?>[] {Path.class}, (_, method, arguments) -> {
            if (method.getName().equals("resolve") && arguments[0].toString().startsWith(name)) meddling.run();
            return method.invoke(folder, arguments);
        });
    }

    /** Replaced once, the files of before are gone; twice, others might have their names. */
    @Test void anIndexThatIsReplacedWhileItIsOpenedIsTheNewOne(@TempDir Path folder) throws IOException {
        var one = new SemanticSearch(TOY);
        one.add("x", "money", Map.of());
        var turned = new SemanticSearch(TOY, toy().options()); // as many passages, of other vectors and words
        for (var id : List.of("c", "b", "a"))
            turned.add(id, id.equals("b") ? "one two three four five six seven eight nine ten" : "money", Map.of());
        turned.add("d", "river", Map.of());
        for (var all : List.of(List.of(one), List.of(one, turned), List.of(one, toy(), turned))) {
            var index = folder.resolve("replaced " + all.size());
            toy().save(index);
            var left = new ArrayDeque<>(all);
            var open = meddled(index, "vectors", () -> {
                while (!left.isEmpty()) left.poll().save(index);
            });
            same(SemanticSearch.open(open, TOY, toy().options()), all.getLast());
        }
        var index = folder.resolve("replaced always");
        one.save(index);
        var times = new AtomicInteger();
        var open = meddled(index, "vectors", () -> (times.getAndIncrement() % 2 == 0 ? turned : one).save(index));
        assertThatThrownBy(() -> SemanticSearch.open(open, TOY, one.options())).isInstanceOf(IOException.class)
                .hasMessageContaining("was replaced each of the 20 times");
        assertThat(times).hasValue(20);
        var missing = meddled(index, "vectors", () -> Files.delete(index.resolve(names(index).get(1))));
        assertThatThrownBy(() -> SemanticSearch.open(missing, TOY, one.options())).isInstanceOf(NoSuchFileException.class);
    }

    /** As a process leaves the folder that is killed when all are moved. */
    @Test void filesOfBeforeAreNobodys(@TempDir Path folder) throws IOException {
        toy().save(folder);
        var old = new LinkedHashMap<Path, byte[]>();
        for (var name : names(folder))
            if (!name.equals("passages.json")) old.put(folder.resolve(name), Files.readAllBytes(folder.resolve(name)));
        var one = new SemanticSearch(TOY);
        one.add("x", "money", Map.of());
        one.save(folder);
        for (var entry : old.entrySet()) Files.write(entry.getKey(), entry.getValue());
        holds(folder, one);
        toy().save(folder);
        holds(folder, toy());
        assertThat(names(folder)).hasSize(1 + old.size());
    }

    @Test void anIndexOfTheFirstFormatVersionIsReadAndReplaced(@TempDir Path folder) throws IOException {
        copyFirstVersion(folder);
        holds(folder, toy());
        toy().save(folder);
        holds(folder, toy());
        assertThat(names(folder)).hasSize(4).doesNotContain("vectors.lyx", "words/index.lyx");
    }

    @Test void fiveThousandMutantsOfPassagesAreReadOrRefused(@TempDir Path folder) throws IOException { mutants(5_000, folder); }

    @Tag("heavy")
    @Test void aHundredThousandMutantsOfPassagesAreReadOrRefused(@TempDir Path folder) throws IOException { mutants(100_000, folder); }

    /** What is read can be asked. */
    private static void mutants(int n, Path folder) throws IOException {
        toy().save(folder);
        var file = folder.resolve("passages.json");
        var options = toy().options();
        var report = Fuzz.of(file).allowing(FormatException.class, NoSuchFileException.class).mutants(n, bytes -> {
            Files.write(file, bytes);
            try {
                var search = SemanticSearch.open(folder, TOY, options);
                for (var hit : search.search("money in the bank", 9)) search.explain("money in the bank", hit.id());
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageContaining("another encoder made this index");
            }
        });
        assertThat(report.accepted()).isPositive();
        assertThat(report.refused()).isPositive();
    }

    @Test void oneSavingWaitsForTheOther(@TempDir Path folder) throws Exception {
        var inside = new AtomicInteger();
        var most = new AtomicInteger();
        var threads = new Thread[2];
        var ready = new AtomicBoolean();
        var slow = new TextEncoder() {
            @Override public int dimension() { return TOY.dimension(); }

            @Override public Tensor encode(List<String> texts) {
                if (ready.get()) { // until the other one waits, is through, or is in here as well
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    var other = threads[Thread.currentThread() == threads[0] ? 1 : 0];
                    while (most.get() < 2 && other.getState() != Thread.State.WAITING && other.getState() != Thread.State.TERMINATED)
                        Thread.onSpinWait();
                    inside.decrementAndGet();
                }
                return TOY.encode(texts);
            }

            @Override public List<TokenVectors> tokens(List<String> texts) { throw new UnsupportedOperationException(); }
        };
        var search = new SemanticSearch(slow);
        search.add("x", "money", Map.of());
        var wrong = new AtomicReference<Exception>();
        Runnable save = () -> {
            try {
                search.save(folder);
            } catch (IOException e) {
                wrong.set(e);
            }
        };
        for (int i = 0; i < 2; i++) threads[i] = new Thread(save);
        ready.set(true);
        for (var thread : threads) thread.start();
        for (var thread : threads) thread.join();
        assertThat(wrong.get()).isNull();
        assertThat(most).hasValue(1);
    }
}
