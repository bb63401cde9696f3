package lyceum.llm.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import lyceum.FormatException;
import lyceum.format.Safetensors;
import lyceum.tensor.Tensor;

/**
 * What a checkpoint comes from: its stage, and the SHA-256 of each parent file, in the metadata of the safetensors file that has the weights. A file's own hash
 * covers those of its parents, so that the leaf's hash stands for the whole history.
 *
 * {@snippet :
 * Ancestry.write(base, model.state(), Ancestry.Stage.BASE, List.of());
 * Ancestry.write(chat, tuned.state(), Ancestry.Stage.SFT, List.of(base));
 * var history = Ancestry.of(chat).verify(folder);                 // is every ancestor there, byte for byte?
 * }
 *
 * @param file the checkpoint
 * @param sha256 of all its bytes, hexadecimal
 * @param stage null if the file says none
 * @param parents that it was made from
 */
public record Ancestry(Path file, String sha256, Stage stage, List<Parent> parents) {
    private static final String STAGE = "lyceum.stage", PARENTS = "lyceum.parents";

    /** What was done last. */
    public enum Stage {
        /** Trained from nothing on raw text. */
        BASE,
        /** Trained on, on raw text. */
        CONTINUED,
        /** Tuned on instructions and answers. */
        SFT,
        /** Tuned by preferences or rewards. */
        PREFERENCE,
        /** Made of the weights of several. */
        MERGED,
        /** Stored in fewer bits. */
        QUANTISED
    }

    /** @param name of the parent's file, as a help to find it; its hash decides */
    public record Parent(String name, String sha256) {}

    /**
     * A history that was looked at.
     *
     * @param found the checkpoint and its ancestors, children before parents
     * @param missing parents of which no file has the hash: lost, or changed since
     */
    public record History(List<Ancestry> found, List<Parent> missing) {
        /** Whether every ancestor was found as it was. */
        public boolean isWhole() { return missing.isEmpty(); }
    }

    public Ancestry { parents = List.copyOf(parents); }

    /** Metadata that says the stage and the parents, whose files are hashed. */
    public static Map<String, String> metadata(Stage stage, List<Path> parents) throws IOException {
        var lines = new ArrayList<String>();
        for (var parent : parents) lines.add(hash(parent) + " " + parent.getFileName());
        var metadata = new TreeMap<String, String>();
        metadata.put(STAGE, stage.name().toLowerCase(Locale.ROOT));
        metadata.put(PARENTS, String.join("\n", lines));
        return metadata;
    }

    /** Writes weights with their lineage. */
    public static Ancestry write(Path file, SequencedMap<String, Tensor> weights, Stage stage, List<Path> parents) throws IOException {
        var metadata = metadata(stage, parents);
        metadata.put("formatVersion", "1");
        Safetensors.write(file, weights, metadata);
        return of(file);
    }

    /** Of a safetensors file; one that says nothing has no stage and no parents. @throws FormatException if what it says is broken */
    public static Ancestry of(Path file) throws IOException {
        var metadata = Safetensors.read(file).metadata();
        var parents = new ArrayList<Parent>();
        for (var line : metadata.getOrDefault(PARENTS, "").split("\n")) {
            if (line.isEmpty()) continue;
            if (!line.matches("[0-9a-f]{64} .+"))
                throw new FormatException("Ancestry: " + file + " names a parent \"" + line + "\"; it is a hash and a name");
            parents.add(new Parent(line.substring(65), line.substring(0, 64)));
        }
        var stage = metadata.get(STAGE);
        try {
            return new Ancestry(file, hash(file), stage == null ? null : Stage.valueOf(stage.toUpperCase(Locale.ROOT)), parents);
        } catch (IllegalArgumentException e) {
            throw new FormatException("Ancestry: " + file + " is of stage \"" + stage + "\"; there are " + List.of(Stage.values()), e);
        }
    }

    /** Looks for all ancestors among the safetensors files of a folder, by hash. Files are read whole. */
    public History verify(Path folder) throws IOException {
        var byHash = new HashMap<String, Path>();
        try (var files = Files.list(folder)) {
            for (var file : files.filter(f -> f.toString().endsWith(".safetensors")).toList()) byHash.put(hash(file), file);
        }
        var found = new LinkedHashMap<String, Ancestry>();
        var missing = new ArrayList<Parent>();
        walk(byHash, found, missing);
        return new History(List.copyOf(found.values()), List.copyOf(missing));
    }

    private void walk(Map<String, Path> byHash, Map<String, Ancestry> found, List<Parent> missing) throws IOException {
        if (found.putIfAbsent(sha256, this) != null) return;
        for (var parent : parents) {
            var file = byHash.get(parent.sha256);
            if (file != null) of(file).walk(byHash, found, missing);
            else if (!missing.contains(parent)) missing.add(parent);
        }
    }

    /** SHA-256 of a file's bytes, hexadecimal. */
    public static String hash(Path file) {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            var digest = MessageDigest.getInstance("SHA-256");
            var buffer = ByteBuffer.allocateDirect(1 << 20);
            while (channel.read(buffer.clear()) >= 0) digest.update(buffer.flip());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        } catch (IOException e) {
            throw new UncheckedIOException("Ancestry: cannot read " + file, e);
        }
    }
}
