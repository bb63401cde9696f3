package lyceum.data.version;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import lyceum.LyceumException;
import lyceum.data.ContentHash;

/**
 * Versions of datasets under the hash of their rows: equal rows have one id, on every run and machine, and versions share what they have in common.
 *
 * {@snippet :
 * var store = DatasetStore.open(Path.of("data-store"));
 * var raw = store.putFile(Path.of("reviews.jsonl"));
 * store.commit("main", raw, "as delivered");
 * var clean = store.lineage().derive("no-blanks", "v1", Map.of(), List.of(raw), RowTransform.filter((row, p) -> !row.isBlank()));
 * store.commit("main", clean.output(), "blank rows dropped");
 * store.diff(raw, clean.output()).removed().forEach(row -> System.out.println(row.number()));
 * store.lineage().linkModel("sentiment-3", List.of(clean.output()));
 * store.lineage().dataOf("sentiment-3");                       // clean and raw
 * }
 *
 * <p>Every object is compared with its hash when it is read: a damaged byte is a {@link lyceum.FormatException} that names the object. Reading and writing
 * are safe from several threads; {@link #collectGarbage} wants the store for itself, in this process and in others.
 */
public final class DatasetStore {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,199}");
    private static final String BRANCHES = "branches/", TAGS = "tags/";
    private static final int LONGEST_ROW = 1 << 20;

    private final ObjectBackend backend;
    private final RowTree tree;
    private final Lineage lineage;

    private DatasetStore(ObjectBackend backend) {
        this.backend = backend;
        this.tree = new RowTree(backend);
        this.lineage = new Lineage(this);
    }

    /** Over any backend. */
    public static DatasetStore on(ObjectBackend backend) { return new DatasetStore(backend); }

    /** In a folder, which is made where it is absent. */
    public static DatasetStore open(Path folder) { return on(ObjectBackend.in(folder)); }

    ObjectBackend backend() { return backend; }

    /** How datasets were made of each other. */
    public Lineage lineage() { return lineage; }

    /** Stores rows. @return the dataset's id */
    public String put(Iterable<String> rows) {
        var it = rows.iterator();
        return tree.write(new Iterator<>() {
            @Override public boolean hasNext() { return it.hasNext(); }

            @Override public byte[] next() { return it.next().getBytes(StandardCharsets.UTF_8); }
        });
    }

    /** Stores a file of any bytes; a row is a line with its end, or a mebibyte of a longer one. */
    public String putFile(Path file) {
        try (var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            return tree.write(new LineBytes(in));
        } catch (IOException e) {
            throw new UncheckedIOException("DatasetStore.putFile: cannot read " + file, e);
        }
    }

    private static final class LineBytes implements Iterator<byte[]> {
        private final InputStream in;
        private byte[] next;

        LineBytes(InputStream in) throws IOException {
            this.in = in;
            this.next = line();
        }

        private byte[] line() throws IOException {
            var line = new ByteArrayOutputStream();
            for (int b = in.read(); b >= 0; b = in.read()) {
                line.write(b);
                if (b == '\n' || line.size() == LONGEST_ROW) break;
            }
            return line.size() == 0 ? null : line.toByteArray();
        }

        @Override public boolean hasNext() { return next != null; }

        @Override public byte[] next() {
            if (next == null) throw new NoSuchElementException();
            try {
                var line = next;
                next = line();
                return line;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The rows of a dataset, read as they are asked for, each time anew. */
    public Iterable<String> rows(String dataset) {
        return () -> {
            var it = tree.rows(dataset);
            return new Iterator<>() {
                @Override public boolean hasNext() { return it.hasNext(); }

                @Override public String next() { return text(it.next()); }
            };
        };
    }

    static String text(byte[] row) { return new String(row, StandardCharsets.UTF_8); }

    /** How many rows a dataset has. */
    public long size(String dataset) { return tree.chunks(dataset, hash -> {}).stream().mapToLong(RowTree.Child::rows).sum(); }

    /** One row. @throws IllegalArgumentException where there is none of this number */
    public String row(String dataset, long number) {
        long before = 0;
        for (var chunk : tree.chunks(dataset, hash -> {})) {
            if (number >= before && number < before + chunk.rows()) return text(tree.rows(chunk).get((int) (number - before)));
            before += chunk.rows();
        }
        throw new IllegalArgumentException("DatasetStore.row: row " + number + " of " + before);
    }

    /** Writes a dataset's rows one after the other: the bytes that {@link #putFile} read. */
    public void writeFile(String dataset, Path file) {
        try (var out = Files.newOutputStream(file)) {
            for (var rows = tree.rows(dataset); rows.hasNext();) out.write(rows.next());
        } catch (IOException e) {
            throw new UncheckedIOException("DatasetStore.writeFile: cannot write " + file, e);
        }
    }

    /** The rows that only one of two datasets has. */
    public RowDiff diff(String before, String after) { return RowDiff.of(tree, before, after); }

    /** Bytes of all objects. */
    public long storedBytes() { return backend.bytes(); }

    void check(String object) {
        if (!ContentHash.isOne(object)) throw new IllegalArgumentException("DatasetStore: '" + object + "' is not an id");
        if (!backend.has(object)) throw new LyceumException("DatasetStore: no object " + object);
    }

    static void checkName(String kind, String name) {
        if (!NAME.matcher(name).matches()) throw new IllegalArgumentException(
                "DatasetStore: the " + kind + " name '" + name + "'; letters, digits, '.', '_' and '-', and not the last three first");
    }

    /** A new version on a branch, after the one that the branch is at; a branch that is not there begins. */
    public Commit commit(String branch, String dataset, String message) { return commit(branch, dataset, message, Map.of(), List.of()); }

    /**
     * As {@link #commit(String, String, String)}.
     *
     * @param metadata author, time and the like: they become part of the id
     * @param merged   commits that come together here, beside the branch's
     */
    public synchronized Commit commit(String branch, String dataset, String message, Map<String, String> metadata, List<String> merged) {
        checkName("branch", branch);
        check(dataset);
        var parents = new ArrayList<String>();
        var head = branches().get(branch);
        if (head != null) parents.add(head);
        for (var parent : merged) parents.add(commit(parent).id());
        var commit = DatasetObjects.commit(backend, dataset, parents, message, metadata);
        backend.name(BRANCHES + branch, commit.id());
        return commit;
    }

    /** A commit by its id, a branch's or a tag's. @throws LyceumException where there is none */
    public Commit commit(String name) {
        var id = ContentHash.isOne(name) ? name : branches().getOrDefault(name, tags().get(name));
        if (id == null) throw new LyceumException(
                "DatasetStore: no branch or tag '" + name + "'; there are " + branches().keySet() + " and " + tags().keySet());
        return DatasetObjects.commit(backend, id);
    }

    /** The branches and the commits that they are at. */
    public Map<String, String> branches() { return names(BRANCHES); }

    /** The tags and their commits. */
    public Map<String, String> tags() { return names(TAGS); }

    private Map<String, String> names(String prefix) {
        var names = new TreeMap<String, String>();
        backend.names(prefix).forEach((name, target) -> names.put(name.substring(prefix.length()), target));
        return names;
    }

    /** Begins a branch at a commit, or moves it there. */
    public synchronized void branch(String branch, String at) {
        checkName("branch", branch);
        backend.name(BRANCHES + branch, commit(at).id());
    }

    /** Takes a branch's name away; its commits stay until garbage is collected. */
    public synchronized void deleteBranch(String branch) {
        checkName("branch", branch);
        backend.name(BRANCHES + branch, null);
    }

    /** Names a commit for good. */
    public synchronized void tag(String tag, String at) {
        checkName("tag", tag);
        var id = commit(at).id();
        var before = tags().get(tag);
        if (before != null && !before.equals(id))
            throw new LyceumException("DatasetStore.tag: '" + tag + "' names " + before + " already; tags do not move");
        backend.name(TAGS + tag, id);
    }

    /** Takes a tag away. */
    public synchronized void deleteTag(String tag) {
        checkName("tag", tag);
        backend.name(TAGS + tag, null);
    }

    /** A commit and all before it, latest first: each before all of its parents. */
    public List<Commit> log(String name) {
        var found = new TreeMap<String, Commit>();
        var children = new TreeMap<String, Integer>();
        var todo = new ArrayDeque<>(List.of(commit(name).id()));
        while (!todo.isEmpty()) {
            var id = todo.poll();
            if (found.containsKey(id)) continue;
            var commit = commit(id);
            found.put(id, commit);
            for (var parent : commit.parents()) {
                children.merge(parent, 1, Integer::sum);
                todo.add(parent);
            }
        }
        var log = new ArrayList<Commit>();
        todo.add(commit(name).id());
        while (!todo.isEmpty()) {
            var commit = found.get(todo.poll());
            log.add(commit);
            for (var parent : commit.parents()) if (children.merge(parent, -1, Integer::sum) == 0) todo.add(parent);
        }
        return log;
    }

    /** Whether one commit is another's, or before it. */
    public boolean isAncestor(String earlier, String later) {
        var id = commit(earlier).id();
        return log(later).stream().anyMatch(commit -> commit.id().equals(id));
    }

    /**
     * Deletes the objects that no branch, tag or model reaches, through commits, their parents, their datasets and what these were made of.
     *
     * @return how many were deleted
     */
    public synchronized int collectGarbage() {
        var objects = new HashSet<String>();
        var datasets = new HashSet<String>();
        var todo = new ArrayDeque<>(lineage.modelData());
        for (var names : List.of(branches(), tags()))
            for (var head : names.values()) if (!objects.contains(head)) for (var commit : log(head)) {
                objects.add(commit.id());
                todo.add(commit.dataset());
            }
        while (!todo.isEmpty()) {
            var dataset = todo.poll();
            if (!datasets.add(dataset)) continue;
            tree.chunks(dataset, objects::add);
            lineage.reach(dataset, objects::add, todo::add);
        }
        lineage.forget(datasets);
        int deleted = 0;
        for (var hash : backend.hashes()) {
            if (objects.contains(hash)) continue;
            backend.delete(hash);
            deleted++;
        }
        return deleted;
    }

    /** Reads every object that is reachable or not. @return the hashes of those that are damaged */
    public Set<String> verify() {
        var damaged = new HashSet<String>();
        for (var hash : backend.hashes()) {
            var bytes = backend.get(hash);
            if (bytes == null || !ContentHash.of(bytes).equals(hash)) damaged.add(hash);
        }
        return damaged;
    }
}
