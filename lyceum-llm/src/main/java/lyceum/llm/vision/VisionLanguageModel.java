package lyceum.llm.vision;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderLM;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.TransformerDecoder;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * A causal language model that sees: an encoder makes vectors of a picture's patches, a {@link Connector} gets them into the model. A text names its pictures by a
 * placeholder each; with {@link Connector#LINEAR}, {@code MLP} and {@code EARLY_FUSION} it becomes a place for every patch, with {@code CROSS_ATTENTION} it stays one id and
 * what follows looks at that picture, through gates that begin at 0, so that the language model begins exactly as it was. A text without pictures is the language model's.
 *
 * {@snippet :
 * var model = new VisionLanguageModel(language, encoder, Connector.MLP, imageId, rng);
 * Tensor logits = model.logits(List.of(new int[] {imageId, 5, 7}), pictures, Pass.inference());    // (1, patches + 2, vocabulary)
 * var adam = new Adam(1e-3).over(new ArrayList<>(model.parameters(Set.of(VisionLanguageModel.Part.CONNECTOR)).values()));
 * int[] answer = model.answer(question, pictures, 8);
 * }
 *
 * <p>Children: {@code language}, {@code encoder}, {@code connector}. Safe to share between threads.
 *
 * @see <a href="https://arxiv.org/abs/2304.08485">Liu et al. (2023): LLaVA</a>
 * @see <a href="https://arxiv.org/abs/2204.14198">Alayrac et al. (2022): Flamingo, section 2.2</a>
 */
public final class VisionLanguageModel extends Module {
    /** What may be trained or left alone. */
    public enum Part {
        ENCODER, CONNECTOR, LANGUAGE
    }

    private final DecoderLM language;
    private final Module encoder;
    private final List<Module> connector = new ArrayList<>();
    private final PatchEncoder patches;
    private final Connector kind;
    private final int placeholder;

    /** @throws IllegalArgumentException if widths do not fit, or the placeholder is no id */
    public VisionLanguageModel(DecoderLM language, PatchEncoder encoder, Connector kind, int placeholder, Rng rng) {
        this.language = language;
        this.encoder = encoder.module();
        patches = encoder;
        this.kind = kind;
        this.placeholder = placeholder;
        int seen = encoder.width(), width = language.config().width();
        if (placeholder < 0 || placeholder >= language.vocabulary()) throw new IllegalArgumentException(
                "VisionLanguageModel: the placeholder " + placeholder + " is not an id of " + language.vocabulary());
        switch (kind) {
            case LINEAR -> connector.add(new Linear(seen, width, rng));
            case MLP -> connector.addAll(List.of(new Linear(seen, width, rng), new Linear(width, width, rng)));
            case CROSS_ATTENTION -> {
                int heads = language.config().blocks().getFirst().attention().heads();
                for (int i = 0; i < language.config().layers(); i++) connector.add(new GatedLook(width, heads, seen, rng));
            }
            case EARLY_FUSION -> {
                if (seen != width) throw new IllegalArgumentException("VisionLanguageModel: patches of width " + seen + " for a model of "
                        + width + "; early fusion joins them as they are, LINEAR fits them");
            }
        }
    }

    /** LLaVA 1.5: two layers between the encoder's patches and the language model; {@link VisualInstructionTuning} trains it. */
    public static VisionLanguageModel llava(DecoderLM language, PatchEncoder encoder, int placeholder, Rng rng) {
        return new VisionLanguageModel(language, encoder, Connector.MLP, placeholder, rng);
    }

    public DecoderLM language() { return language; }

    /** The id that stands for a picture. */
    public int placeholder() { return placeholder; }

    public PatchEncoder encoder() { return patches; }

    public Connector connector() { return kind; }

    /** Parameters of those parts by name, for an optimizer; the others stay as they are. */
    public Map<String, Tensor> parameters(Set<Part> parts) {
        var chosen = new LinkedHashMap<String, Tensor>();
        parameters().forEach((name, w) -> {
            var part = name.startsWith("language.") ? Part.LANGUAGE : name.startsWith("encoder.") ? Part.ENCODER : Part.CONNECTOR;
            if (parts.contains(part)) chosen.put(name, w);
        });
        return chosen;
    }

    /** What the language model gets of pictures (n, channels, H, W): (n, patches, width); of its own width except for cross-attention. */
    public Tensor visual(Tensor pictures, Pass pass) {
        var seen = patches.patches(pictures, pass);
        return switch (kind) {
            case LINEAR -> ((Linear) connector.getFirst()).forward(seen, pass);
            case MLP -> ((Linear) connector.get(1)).forward(Activation.GELU.forward(((Linear) connector.get(0)).forward(seen, pass), pass),
                    pass);
            case CROSS_ATTENTION, EARLY_FUSION -> seen;
        };
    }

    /** How texts lie once pictures of that size are in them. */
    public SplicedText spliced(List<int[]> texts, List<boolean[]> counts, Tensor pictures) {
        int n = pictures == null ? 0 : (int) pictures.size(0);
        var sizes = new int[n];
        Arrays.fill(sizes, n == 0 || kind == Connector.CROSS_ATTENTION ? 1 : patches.count(pictures.size(2), pictures.size(3)));
        return SplicedText.of(texts, counts, placeholder, sizes);
    }

    /**
     * Logits (rows, longest, vocabulary) of texts as they lie {@linkplain #spliced with their pictures}; what stands at padding means nothing.
     *
     * @param pictures (n, channels, H, W) of all rows one after another; null without any
     */
    public Tensor logits(List<int[]> texts, Tensor pictures, Pass pass) { return logits(spliced(texts, null, pictures), pictures, pass); }

    private Tensor logits(SplicedText text, Tensor pictures, Pass pass) {
        return looking(text, pictures == null ? null : visual(pictures, pass), pass);
    }

    /** @param seen what {@link #visual} makes of the pictures; null without any */
    private Tensor looking(SplicedText text, Tensor seen, Pass pass) {
        int rows = text.ids().size(), longest = text.longest();
        var ids = Tensor.of(text.padded(), rows, longest);
        var layout = text.layout();
        if (seen == null) return layout == null ? language.logits(ids, pass) : language.logits(ids, layout, pass);
        var x = language.embedded(ids, pass);
        var decoder = language.decoder();
        if (kind != Connector.CROSS_ATTENTION) {
            x = joined(x, seen, text);
            return language.unembedded(layout == null ? decoder.forward(x, pass) : decoder.forward(x, layout, pass), pass);
        }
        var looks = looks(text, (int) seen.size(0), (int) seen.size(1));
        return language.unembedded(decoder.forward(x, layout, looking(seen, looks, pass), pass), pass);
    }

    /** What is done before each block with cross-attention. @param looks BOOL (rows, 1, T, patches of all pictures) */
    private TransformerDecoder.Before looking(Tensor seen, Tensor looks, Pass pass) {
        long patches = seen.size(0) * seen.size(1);
        var memory = seen.reshape(1, patches, seen.size(2)).expand(looks.size(0), patches, seen.size(2));
        var mask = new Attention().withBias(looks);
        var sees = looks.any(-1).squeeze(1).unsqueeze(2);
        return (layer, h) -> ((GatedLook) connector.get(layer)).forward(h, memory, mask, sees, pass);
    }

    /** Patches in place of their placeholders' embeddings. */
    private Tensor joined(Tensor x, Tensor seen, SplicedText text) {
        int rows = text.ids().size(), longest = text.longest(), each = (int) seen.size(1);
        long width = x.size(2);
        var from = new int[rows * longest]; // rows of the table: the text's embeddings, then the patches
        for (int r = 0; r < rows; r++) for (int t = 0; t < longest; t++) {
            boolean patch = t < text.ids().get(r).length && text.pictures().get(r)[t] >= 0;
            from[r * longest + t] = patch ? rows * longest + text.pictures().get(r)[t] * each + text.patches().get(r)[t] : r * longest + t;
        }
        return Tensor.concat(0, x.reshape(-1, width), seen.reshape(-1, width)).rows(from).reshape(rows, longest, width);
    }

    /** BOOL (rows, 1, longest, pictures patches): a place sees the picture whose placeholder came last in its row, itself included. */
    private static Tensor looks(SplicedText text, int pictures, int each) {
        int rows = text.ids().size(), longest = text.longest();
        var sees = new boolean[rows * longest * pictures * each];
        for (int r = 0; r < rows; r++) for (int t = 0, last = -1; t < text.ids().get(r).length; t++) {
            if (text.pictures().get(r)[t] >= 0) last = text.pictures().get(r)[t];
            int at = ((r * longest + t) * pictures + last) * each;
            if (last >= 0) Arrays.fill(sees, at, at + each, true);
        }
        return Tensor.of(sees).reshape(rows, 1, longest, (long) pictures * each);
    }

    /**
     * Mean cross-entropy of the ids that count, each given what lies before it; patches and placeholders never count.
     *
     * @param counts of each text whether an id counts: those of the answers; null for all
     */
    public Tensor loss(List<int[]> texts, List<boolean[]> counts, Tensor pictures, Pass pass) {
        var text = spliced(texts, counts, pictures);
        int rows = text.ids().size(), longest = text.longest();
        var labels = new long[rows * (longest - 1)];
        Arrays.fill(labels, -100);
        for (int r = 0; r < rows; r++)
            for (int t = 1; t < text.ids().get(r).length; t++)
                if (text.counted().get(r)[t] && text.ids().get(r)[t] != placeholder)
                    labels[r * (longest - 1) + t - 1] = text.ids().get(r)[t];
        var logits = logits(text, pictures, pass).narrow(1, 0, longest - 1).reshape(-1, language.vocabulary());
        return new CrossEntropy().withIgnoreIndex(-100).of(logits, Tensor.of(labels));
    }

    /**
     * The likeliest continuation, id by id, up to an end mark, which is not given; it names no pictures. The pictures are looked at once and the prompt is read once: keys and
     * values of what was read are kept.
     *
     * @throws ShapeException if the text grows beyond the context
     */
    public int[] answer(int[] prompt, Tensor pictures, int most) {
        var text = spliced(List.of(prompt), null, pictures);
        return Autograd.noGrad(() -> answer(text, pictures == null ? null : visual(pictures, Pass.inference()).compute(), most));
    }

    private int[] answer(SplicedText text, Tensor seen, int most) {
        var pass = Pass.inference();
        boolean looks = seen != null && kind == Connector.CROSS_ATTENTION;
        var x = language.embedded(Tensor.of(text.padded(), 1, text.longest()), pass);
        if (seen != null && !looks) x = joined(x, seen, text);
        var sees = looks ? looks(text, (int) seen.size(0), (int) seen.size(1)) : null;
        var state = language.decoder().start(null, null, pass);
        var ids = new int[Math.max(0, most)];
        int n = 0;
        while (n < ids.length) {
            if (text.longest() + n > language.contextLength()) throw new ShapeException(
                    "VisionLanguageModel.answer: " + (text.longest() + n) + " places; the context has " + language.contextLength());
            var hidden = language.decoder().forward(x, state, looks ? looking(seen, sees, pass) : null, pass);
            float[] z = language.unembedded(hidden.select(1, hidden.size(1) - 1), pass).to(DType.F32).toFloatArray();
            int id = placeholder == 0 ? 1 : 0;
            for (int i = id; i < z.length; i++) if (i != placeholder && z[i] > z[id]) id = i;
            if (id == language.endMark()) break;
            ids[n++] = id;
            x = language.embedded(Tensor.of(new int[] {id}, 1, 1), pass);
            if (looks) sees = sees.narrow(2, sees.size(2) - 1, 1); // what the place before it sees
        }
        return Arrays.copyOf(ids, n);
    }

    /** As the language model alone reads it. */
    @Override protected Tensor compute(Tensor ids, Pass pass) { return language.logits(ids, pass); }
}
