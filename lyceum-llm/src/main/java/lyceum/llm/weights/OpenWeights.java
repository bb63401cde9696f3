package lyceum.llm.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.FolderDraft;
import lyceum.format.Gguf;
import lyceum.format.Npz;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxWeights;
import lyceum.format.Safetensors;
import lyceum.format.SafetensorsIndex;
import lyceum.format.TorchFile;
import lyceum.nn.Module;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;

/**
 * Released weights, whatever they came in: safetensors (one file, or several with an index), GGUF, ONNX, a zip of {@code torch.save}, or an npz. Files are mapped: opening
 * reads their headers, and numbers are read when they are used. Nothing in a file is run.
 *
 * {@snippet :
 * var weights = OpenWeights.open(Path.of("Llama-3.2-1B"));                    // a folder or a file
 * for (var e : weights.entries().values()) System.out.println(e);              // names, types, shapes, bytes
 * Tensor norm = weights.tensor("model.norm.weight");
 * System.out.println(weights.openness());                                      // weights, code, data, licence: what is there
 * }
 *
 * @param path that was opened
 * @param files with weights
 * @param format of them
 * @param entries by name
 * @param metadata strings that the weights' files have
 */
public record OpenWeights(Path path, List<Path> files, Format format, SequencedMap<String, Entry> entries, Map<String, String> metadata) {
    private static final String INDEX = SafetensorsIndex.ENDING;
    private static final Set<String> BLOCKS = BlockFormat.named().stream().filter(f -> !f.isFloat()).map(BlockFormat::name)
            .collect(Collectors.toUnmodifiableSet());

    /** What weights come in. */
    public enum Format {
        SAFETENSORS, GGUF, ONNX, TORCH, NPZ
    }

    /**
     * A tensor that can be had.
     *
     * @param type as the file calls it, such as {@code BF16} or {@code Q4_K}
     * @param bytes in the file; -1 where that is not known
     * @param tensor gives it, floats for blocks
     * @param matrix gives the blocks as they are, or is null
     */
    public record Entry(String name, String type, List<Long> shape, long bytes, Supplier<Tensor> tensor, Supplier<QuantisedMatrix> matrix) {
        @Override public String toString() { return name + " " + type + " " + shape + ", " + bytes + " bytes"; }
    }

    public OpenWeights {
        files = List.copyOf(files);
        entries = Collections.unmodifiableSequencedMap(entries);
        metadata = Map.copyOf(metadata);
    }

    /**
     * Opens a file, or the weights in a folder: {@code *.safetensors.index.json}, else {@code *.safetensors}, {@code *.gguf}, {@code *.onnx}, {@code pytorch_model*.bin},
     * {@code *.pt}, {@code *.pth}, {@code *.npz}, whichever is there first.
     *
     * @throws FormatException if there is none, or it is malformed: names file and byte
     */
    public static OpenWeights open(Path path) throws IOException {
        if (!Files.isDirectory(path)) return of(path, List.of(path), formatOf(path), path.toString().endsWith(INDEX));
        List<Path> all;
        try (var list = Files.list(path)) {
            all = list.filter(Files::isRegularFile).sorted().toList();
        }
        for (var ending : List.of(INDEX, ".safetensors", ".gguf", ".onnx", ".bin", ".pt", ".pth", ".npz")) {
            // other .bin files of a folder are settings and states of training
            var found = all.stream().map(f -> Map.entry(f, f.getFileName().toString()))
                    .filter(f -> f.getValue().endsWith(ending) && (!ending.equals(".bin") || f.getValue().startsWith("pytorch_model")))
                    .map(Map.Entry::getKey).toList();
            if (!found.isEmpty()) return of(path, ending.equals(INDEX) ? found.subList(0, 1) : found,
                    ending.equals(INDEX) ? Format.SAFETENSORS : formatOf(found.getFirst()), ending.equals(INDEX));
        }
        throw new FormatException(
                "OpenWeights: " + path + " has no weights; it has " + all.stream().map(Path::getFileName).limit(20).toList());
    }

    private static Format formatOf(Path file) throws IOException {
        if (file.toString().endsWith(INDEX)) return Format.SAFETENSORS;
        var head = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.read(head);
        }
        int magic = head.getInt(0);
        if (magic == 0x46554747) return Format.GGUF;
        if (magic == 0x04034B50) return file.toString().endsWith(".npz") ? Format.NPZ : Format.TORCH;
        if (head.get(8) == '{') return Format.SAFETENSORS;
        if (head.get(0) == 8) return Format.ONNX; // its first field, the version
        throw new FormatException(
                "OpenWeights: " + file + " begins like no file of weights: safetensors, GGUF, ONNX, torch's zips and npz are known");
    }

    private static OpenWeights of(Path path, List<Path> found, Format format, boolean indexed) throws IOException {
        var entries = new LinkedHashMap<String, Entry>();
        var metadata = new TreeMap<String, String>();
        var files = indexed ? SafetensorsIndex.files(found.getFirst()) : found;
        for (var file : files) {
            switch (format) {
                case SAFETENSORS -> {
                    var contents = Safetensors.read(file);
                    metadata.putAll(contents.metadata());
                    contents.tensors().forEach((name, t) -> put(entries, file, plain(name, t)));
                    contents.stored().forEach((name, t) -> put(entries, file,
                            new Entry(name, t.type().name(), sizes(t.shape()), t.bytes().byteSize(), t::tensor, null)));
                    contents.foreign().forEach(
                            (name, type) -> put(entries, file, new Entry(name, type, List.of(), -1, () -> contents.get(name), null)));
                }
                case GGUF -> {
                    var contents = Gguf.read(file);
                    contents.metadata()
                            .forEach((name, value) -> { if (!(value instanceof List<?>)) metadata.put(name, String.valueOf(value)); });
                    contents.entries()
                            .forEach((name, e) -> put(entries, file,
                                    new Entry(name, e.type(), sizes(e.shape()), e.bytes() == null ? -1 : e.bytes().byteSize(),
                                            () -> contents.tensor(name), BLOCKS.contains(e.type()) ? () -> contents.matrix(name) : null)));
                }
                case ONNX -> {
                    var contents = OnnxFile.read(file);
                    metadata.putAll(contents.metadata());
                    metadata.put("producer", contents.producer());
                    var named = OnnxWeights.of(contents);
                    named.forEach((name, t) -> put(entries, file, plain(name, t)));
                    contents.graph().initializers().forEach((name, c) -> {
                        if (c.tensor() != null && c.tensor().dtype() != DType.F32) put(entries, file, plain(name, c.tensor()));
                    });
                }
                case NPZ -> Npz.read(file).forEach((name, t) -> put(entries, file, plain(name, t)));
                case TORCH -> TorchFile.read(file).forEach((name, t) -> put(entries, file, plain(name, t)));
            }
        }
        return new OpenWeights(path, files, format, entries, metadata);
    }

    private static void put(SequencedMap<String, Entry> entries, Path file, Entry entry) {
        if (entries.put(entry.name, entry) != null)
            throw new FormatException("OpenWeights: " + entry.name + " occurs twice, the second time in " + file);
    }

    private static Entry plain(String name, Tensor t) {
        return new Entry(name, t.dtype().name(), sizes(t.shape().toArray()), t.count() * t.dtype().bytes(), () -> t, null);
    }

    private static List<Long> sizes(long[] shape) {
        var sizes = new ArrayList<Long>();
        for (long size : shape) sizes.add(size);
        return sizes;
    }

    private Entry entry(String name) {
        var entry = entries.get(name);
        if (entry == null) throw new FormatException(
                "OpenWeights: " + path + " has no \"" + name + "\"; it has " + entries.keySet().stream().limit(20).toList());
        return entry;
    }

    /** A tensor; blocks become F32. */
    public Tensor tensor(String name) { return entry(name).tensor.get(); }

    /** A matrix in quantised blocks, on the file. @throws FormatException if it is of plain numbers */
    public QuantisedMatrix matrix(String name) {
        var entry = entry(name);
        if (entry.matrix == null) throw new FormatException("OpenWeights: \"" + name + "\" is " + entry.type + ", of no blocks");
        return entry.matrix.get();
    }

    /** All tensors, in the order of the files. For merging and for {@link Module#load}; those in blocks are dequantised here. */
    public SequencedMap<String, Tensor> tensors() {
        var all = new LinkedHashMap<String, Tensor>();
        entries.forEach((name, entry) -> all.put(name, entry.tensor.get()));
        return all;
    }

    /** Bytes of all tensors. */
    public long bytes() { return entries.values().stream().mapToLong(e -> Math.max(0, e.bytes)).sum(); }

    /** SHA-256 of each file of weights, hexadecimal: reads them whole. */
    public SequencedMap<Path, String> checksums() {
        var sums = new LinkedHashMap<Path, String>();
        for (var file : files) sums.put(file, Ancestry.hash(file));
        return sums;
    }

    private Path folder() { return Files.isDirectory(path) ? path : path.toAbsolutePath().getParent(); }

    /** {@code config.json} beside the weights, or null. GGUF files have theirs in {@link #metadata}. */
    public Path config() { return beside("config.json"); }

    /** {@code tokenizer.json}, {@code tokenizer.model} or {@code vocab.json} beside the weights, or null. */
    public Path tokenizer() {
        for (var name : List.of("tokenizer.json", "tokenizer.model", "vocab.json")) if (beside(name) != null) return beside(name);
        return null;
    }

    private Path beside(String name) {
        var file = folder().resolve(name);
        return Files.isRegularFile(file) ? file : null;
    }

    /** What of a release is there; see {@link Openness}. */
    public Openness openness() throws IOException { return Openness.of(folder(), metadata); }

    /** Writes files of at most so many bytes of tensors each, one tensor at least, and their index: {@code model-00001-of-00003.safetensors}, .. Weights that the folder had give way to them. */
    public static void writeSharded(Path folder, SequencedMap<String, Tensor> tensors, long most, Map<String, String> metadata)
            throws IOException {
        var forms = new LinkedHashMap<String, Safetensors.Form>();
        tensors.forEach((name, tensor) -> forms.put(name, Safetensors.Form.of(tensor)));
        writeSharded(folder, forms, tensors::get, most, metadata);
    }

    /** The same of tensors that are made one after the other, each when it is written: no more than one need be in memory. */
    public static void writeSharded(Path folder, SequencedMap<String, Safetensors.Form> forms, Function<String, Tensor> tensors, long most,
            Map<String, String> metadata) throws IOException {
        if (most < 1) throw new IllegalArgumentException("OpenWeights: shards of " + most + " bytes; at least 1");
        var shards = new ArrayList<SequencedMap<String, Safetensors.Form>>();
        long size = 0, total = 0;
        for (var entry : forms.entrySet()) {
            long bytes = entry.getValue().bytes();
            if (shards.isEmpty() || size + bytes > most) {
                shards.add(new LinkedHashMap<>());
                size = 0;
            }
            shards.getLast().put(entry.getKey(), entry.getValue());
            size += bytes;
            total += bytes;
        }
        var places = new LinkedHashMap<String, String>();
        var own = new HashMap<>(metadata);
        own.put("formatVersion", "1");
        long all = total;
        FolderDraft.write(folder, SafetensorsIndex.weightsIn(folder)::contains, List.of(SafetensorsIndex.NAME), draft -> {
            for (int i = 0; i < shards.size(); i++) {
                var name = String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards.size());
                Safetensors.write(draft.resolve(name), shards.get(i), tensors, own);
                for (var tensor : shards.get(i).keySet()) places.put(tensor, name);
            }
            SafetensorsIndex.write(draft.resolve(SafetensorsIndex.NAME), places, all);
        });
    }
}
