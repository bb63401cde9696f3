package lyceum.llm.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.FormatException;
import lyceum.format.FolderDraft;
import lyceum.format.Safetensors;
import lyceum.format.SafetensorsIndex;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.LatentAttentionConfig;
import lyceum.nn.Module;
import lyceum.tensor.Tensor;

/**
 * A folder as Hugging Face has them: {@code config.json} and {@code model.safetensors}, or several files that {@code model.safetensors.index.json} lists.
 *
 * {@snippet :
 * DecoderLM model = ModelFolder.open(folder).model();                        // mapped: at once, whatever its size
 * ModelFolder.write(other, model, ModelFamily.LLAMA, 5L << 30);              // files of 5 GB at most
 * }
 *
 * <p>Layers that AutoGPTQ or AutoAWQ packed into 2, 4 or 8 bits are read as they are. Tensors stay in the mapped files: nothing is copied but what a family interleaves head by head (GPT-NeoX's queries, keys and values). Their memory is read only:
 * {@link Module#copy} before training. Gradients can be taken without.
 *
 * @param path of the folder
 * @param family of its configuration
 * @param config what it says
 */
public record ModelFolder(Path path, ModelFamily family, DecoderConfig config) {
    private static final String SINGLE = SafetensorsIndex.SINGLE, INDEX = SafetensorsIndex.NAME;

    /** Reads the configuration. @throws FormatException if it is malformed or of no known family */
    public static ModelFolder open(Path folder) throws IOException {
        var json = Files.readString(folder.resolve("config.json"));
        var family = ModelFamily.of(json);
        return new ModelFolder(folder, family, family.config(json));
    }

    /** Tensors under the file's own names, mapped. @throws FormatException if a file or the index is malformed, or a tensor missing */
    public SequencedMap<String, Tensor> tensors() throws IOException { return tensors(path); }

    static SequencedMap<String, Tensor> tensors(Path path) throws IOException {
        if (!Files.exists(path.resolve(SINGLE)) && !Files.exists(path.resolve(INDEX)))
            throw new NoSuchFileException(path.toString(), null, "neither " + SINGLE + " nor " + INDEX);
        var contents = Safetensors.read(path.resolve(Files.exists(path.resolve(SINGLE)) ? SINGLE : INDEX));
        contents.foreign().keySet().forEach(contents::get); // which says why it cannot be read
        return contents.wide();
    }

    /** The model, of the type in which the file has its embedding. @throws FormatException naming tensors that are missing, unknown or of another shape */
    public DecoderLM model() throws IOException {
        var json = ConfigFields.of(Files.readString(path.resolve("config.json"))).json();
        if (PackedFolder.is(json)) return PackedFolder.read(family, config, json, tensors());
        return FewBitsFolder.is(json) ? FewBitsFolder.read(config, json, tensors()) : model(tensors());
    }

    private DecoderLM model(SequencedMap<String, Tensor> files) {
        if (family == ModelFamily.GPT2 && files.containsKey("wte.weight") && !files.containsKey("transformer.wte.weight"))
            return model(prefixed(files));
        var table = table(family, config, files);
        var own = config.eachBlock(b -> {
            var typed = b.withAttention(b.attention().withDtype(table.dtype()));
            return b.mixer() instanceof LatentAttentionConfig latent ? typed.withMixer(latent.withDtype(table.dtype())) : typed;
        });
        var skeleton = DecoderLM.skeleton(own);
        return Module.with(skeleton, Layouts.ours(family, own, files, skeleton.state()));
    }

    /** The table of embeddings, looked at before anything is built: a configuration from outside can ask for more than the file has. */
    static Tensor table(ModelFamily family, DecoderConfig config, Map<String, Tensor> files) {
        var names = family.names(config.withBlocks(config.blocks().subList(0, 1)));
        var table = files.get(names.getFirst().theirs());
        long most = (long) config.layers()
                * (config.blocks().getFirst().moe() == null ? 1 : config.blocks().getFirst().moe().router().experts());
        if (table == null || table.rank() != 2 || table.size(0) != config.vocabulary() || table.size(1) != config.width()
                || most > files.size())
            throw new FormatException("config.json: " + config.layers() + " layers of width " + config.width() + " over "
                    + config.vocabulary() + " ids do not fit the file: " + names.getFirst().theirs()
                    + (table == null ? " is missing" : " is " + table.shape()) + " among " + files.size() + " tensors");
        return table;
    }

    /** GPT-2's first files have no prefix. */
    private static SequencedMap<String, Tensor> prefixed(SequencedMap<String, Tensor> files) {
        var all = new LinkedHashMap<String, Tensor>();
        files.forEach((name, tensor) -> all.put(name.startsWith("lm_head") ? name : "transformer." + name, tensor));
        return all;
    }

    /** The gradients of a model under the names and in the layouts of a family's files; what has none is left out. */
    public static SequencedMap<String, Tensor> gradients(DecoderLM model, ModelFamily family) {
        var own = new LinkedHashMap<String, Tensor>();
        model.parameters().forEach((name, parameter) -> { if (parameter.grad() != null) own.put(name, parameter.grad()); });
        var all = new LinkedHashMap<String, Tensor>();
        for (var name : family.names(model.config()))
            if (own.keySet().containsAll(name.ours())) all.put(name.theirs(), Layouts.theirs(name, model.config(), own));
        return all;
    }

    /** Writes a model as a family has it, in one file. */
    public static void write(Path folder, DecoderLM model, ModelFamily family) throws IOException {
        write(folder, model, family, Long.MAX_VALUE);
    }

    /**
     * Writes a model as a family has it, all of it or, where the disk is full, nothing; one whose layers are stored in few bits in one file, under this library's names and with the family's configuration.
     *
     * <p>Weights that the folder had, an index and its files among them, give way to these.
     *
     * @param fileBytes of tensors in one file at most, where a tensor is not larger by itself
     * @throws IllegalArgumentException if the family cannot say its configuration
     */
    public static void write(Path folder, DecoderLM model, ModelFamily family, long fileBytes) throws IOException {
        var old = SafetensorsIndex.weightsIn(folder);
        if (FewBitsFolder.is(model)) {
            FolderDraft.write(folder, old::contains, draft -> FewBitsFolder.write(draft, model, family));
            return;
        }
        var json = family.write(model.config());
        var parts = new ArrayList<List<TensorName>>();
        long inPart = Long.MAX_VALUE, total = 0;
        var state = model.state();
        for (var name : family.names(model.config())) {
            long bytes = name.ours().stream().mapToLong(n -> state.get(n).count() * state.get(n).dtype().bytes()).sum();
            if (inPart > fileBytes - bytes) {
                parts.add(new ArrayList<>());
                inPart = 0;
            }
            parts.getLast().add(name);
            inPart += bytes;
            total += bytes;
        }
        var places = new LinkedHashMap<String, String>();
        long whole = total;
        FolderDraft.write(folder, old::contains, draft -> {
            for (int i = 0; i < parts.size(); i++) {
                var file = parts.size() == 1 ? SINGLE : String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, parts.size());
                try (var scope = Scope.open()) {
                    var tensors = new LinkedHashMap<String, Tensor>();
                    for (var name : parts.get(i)) tensors.put(name.theirs(), Layouts.theirs(name, model.config(), state));
                    Safetensors.write(draft.resolve(file), tensors, Map.of("format", "pt"));
                }
                for (var name : parts.get(i)) places.put(name.theirs(), file);
            }
            if (parts.size() > 1) SafetensorsIndex.write(draft.resolve(INDEX), places, whole);
            Files.writeString(draft.resolve("config.json"), json);
        });
    }
}
