package lyceum.llm.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Gguf;
import lyceum.testing.Recipe;

/** Small decoders in GGUF files whose weights, blocks even, come from the recipe: those that tools/golden/llm_llamacpp.py writes, bit for bit. */
record RecipeModel(String architecture, String type, long seed, double spread) {
    static final int IDS = 96, WIDTH = 256;
    private static final int HEADS = 4, KEY_HEADS = 2, HIDDEN = 256, LAYERS = 2, HEAD = WIDTH / HEADS;
    /** Standard deviation of weights in most files. */
    static final double SPREAD = 0.04;

    /** Place in a block of each scale, and what it is of the spread of the weights. */
    private static final Map<String, SequencedMap<Integer, Double>> SCALES = Map.of("Q8_0", scales(0, 1 / 74.0), "Q4_0", scales(0, 1 / 4.6),
            "Q4_K", scales(0, 1 / 190.0, 2, 7.5 / 190), "Q5_K", scales(0, 1 / 390.0, 2, 15.5 / 390), "Q6_K", scales(208, 1 / 1370.0));

    private static SequencedMap<Integer, Double> scales(Number... pairs) {
        var scales = new LinkedHashMap<Integer, Double>();
        for (int i = 0; i < pairs.length; i += 2) scales.put(pairs[i].intValue(), pairs[i + 1].doubleValue());
        return scales;
    }

    RecipeModel(String architecture, String type, long seed) { this(architecture, type, seed, SPREAD); }

    /** Shapes in the order of the draws. */
    private SequencedMap<String, int[]> shapes() {
        var all = new LinkedHashMap<String, int[]>();
        all.put("token_embd", new int[] {IDS, WIDTH});
        all.put("output_norm", new int[] {WIDTH});
        all.put("output", new int[] {IDS, WIDTH});
        for (int n = 0; n < LAYERS; n++) {
            var at = "blk." + n + ".";
            all.put(at + "attn_norm", new int[] {WIDTH});
            all.put(at + "attn_q", new int[] {HEADS * HEAD, WIDTH});
            all.put(at + "attn_k", new int[] {KEY_HEADS * HEAD, WIDTH});
            all.put(at + "attn_v", new int[] {KEY_HEADS * HEAD, WIDTH});
            all.put(at + "attn_output", new int[] {WIDTH, HEADS * HEAD});
            all.put(at + "ffn_norm", new int[] {WIDTH});
            all.put(at + "ffn_gate", new int[] {HIDDEN, WIDTH});
            all.put(at + "ffn_up", new int[] {HIDDEN, WIDTH});
            all.put(at + "ffn_down", new int[] {WIDTH, HIDDEN});
            if (!architecture.equals("qwen3")) continue;
            all.put(at + "attn_q_norm", new int[] {HEAD});
            all.put(at + "attn_k_norm", new int[] {HEAD});
        }
        return all;
    }

    void write(Path path) throws IOException {
        var recipe = new Recipe(seed);
        var tensors = new LinkedHashMap<String, Object>();
        shapes().forEach((name, shape) -> {
            var kind = shape.length == 1 ? "F32" : type;
            long count = shape.length == 1 ? shape[0] : (long) shape[0] * shape[1];
            byte[] bytes = shape.length == 1 ? floats(recipe.bells((int) count), 1, 0.1, false) : switch (type) {
                case "F32" -> floats(recipe.bells((int) count), 0, spread, false);
                case "F16" -> floats(recipe.bells((int) count), 0, spread, true);
                default -> blocks(recipe, (int) count);
            };
            long[] sizes = shape.length == 1 ? new long[] {shape[0]} : new long[] {shape[0], shape[1]};
            tensors.put(name + ".weight", new Gguf.Entry(name + ".weight", kind, sizes, MemorySegment.ofArray(bytes)));
        });
        var settings = new LinkedHashMap<String, Object>();
        settings.put("general.architecture", architecture);
        var numbers = new LinkedHashMap<String, Object>();
        numbers.put("context_length", 128);
        numbers.put("embedding_length", WIDTH);
        numbers.put("block_count", LAYERS);
        numbers.put("feed_forward_length", HIDDEN);
        numbers.put("attention.head_count", HEADS);
        numbers.put("attention.head_count_kv", KEY_HEADS);
        numbers.put("attention.key_length", HEAD);
        numbers.put("attention.value_length", HEAD);
        numbers.put("rope.dimension_count", HEAD);
        numbers.put("rope.freq_base", 10_000f);
        numbers.put("attention.layer_norm_rms_epsilon", 1e-6f);
        numbers.forEach((name, value) -> settings.put(architecture + "." + name, value));
        Gguf.write(path, settings, tensors);
    }

    private static byte[] floats(double[] bells, double mean, double spread, boolean halves) {
        var out = ByteBuffer.allocate(bells.length * (halves ? 2 : 4)).order(ByteOrder.LITTLE_ENDIAN);
        for (double bell : bells) {
            float x = (float) (mean + spread * bell);
            if (halves) out.putShort(Float.floatToFloat16(x));
            else out.putFloat(x);
        }
        return out.array();
    }

    private byte[] blocks(Recipe recipe, int weights) {
        var format = BlockFormat.named().stream().filter(f -> f.name().equals(type)).findFirst().orElseThrow();
        int count = weights / format.blockLength(), size = format.blockBytes();
        int[] drawn = recipe.belows(256, count * size);
        var out = ByteBuffer.allocate(drawn.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int b : drawn) out.put((byte) b);
        for (int i = 0; i < count; i++) {
            double scale = spread * (0.5 + recipe.uniform());
            for (var place : SCALES.get(type).entrySet())
                out.putShort(i * size + place.getKey(), Float.floatToFloat16((float) (scale * place.getValue())));
        }
        return out.array();
    }
}
