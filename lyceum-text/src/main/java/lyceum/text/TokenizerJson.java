package lyceum.text;

import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.Base64;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import lyceum.FormatException;
import lyceum.text.PreTokenizer.Behavior;
import lyceum.text.PreTokenizer.PrependScheme;
import lyceum.text.SpecialTokens.Role;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads {@code tokenizer.json} as Hugging Face tokenizers 0.21 writes it. What it does not know it refuses by name. */
final class TokenizerJson {
    static final JsonMapper JSON = JsonMapper
            .builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(200).maxStringLength(50_000_000)
                            .maxNumberLength(400).maxNameLength(100_000).build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
            .build();
    private static final int MOST_TOKENS = 4_000_000, MOST_PADDED = 4_000_000;

    private TokenizerJson() {}

    static TokenizerSpec read(byte[] json) {
        try {
            var root = JSON.readTree(json);
            if (root == null || !root.isObject()) throw wrong("the file is not a JSON object");
            var model = model(need(root, "model"));
            var normalizer = optional(root, "normalizer", TokenizerJson::normalizer);
            var preTokenizer = optional(root, "pre_tokenizer", TokenizerJson::preTokenizer);
            var postProcessor = optional(root, "post_processor", TokenizerJson::postProcessor);
            var decoder = optional(root, "decoder", TokenizerJson::decoder);
            var truncation = optional(root, "truncation", TokenizerJson::truncation);
            var padding = optional(root, "padding", TokenizerJson::padding);
            var specials = specials(root.get("added_tokens"), model, padding);
            if (postProcessor != null) checkTemplate(postProcessor.template(), model, specials);
            if (truncation != null) checkTruncation(truncation, postProcessor == null ? 0 : postProcessor.template().added(false));
            return new TokenizerSpec(normalizer, preTokenizer, model, postProcessor, decoder, specials, truncation, padding);
        } catch (JacksonException e) {
            var at = e.getLocation();
            throw new FormatException(
                    "tokenizer.json: not JSON: " + e.getOriginalMessage() + (at == null ? "" : ", at byte " + at.getByteOffset()), e);
        } catch (IllegalArgumentException e) {
            throw new FormatException("tokenizer.json: " + e.getMessage(), e);
        }
    }

    static byte[] write(TokenizerSpec spec) { return TokenizerJsonWriter.write(spec); }

    private static FormatException wrong(String what) { return new FormatException("tokenizer.json: " + what); }

    private static <T> T optional(JsonNode root, String name, Function<JsonNode, T> read) {
        var node = root.get(name);
        return node == null || node.isNull() ? null : read.apply(node);
    }

    private static JsonNode need(JsonNode node, String name) {
        var value = node.get(name);
        if (value == null || value.isNull()) throw wrong("no \"" + name + "\" in " + shortened(node));
        return value;
    }

    private static String shortened(JsonNode node) {
        var text = node.toString();
        return text.length() <= 80 ? text : text.substring(0, 80) + "...";
    }

    private static String text(JsonNode node, String name) {
        var value = need(node, name);
        if (!value.isString()) throw wrong("\"" + name + "\" is " + shortened(value) + ", not a text");
        return value.asString();
    }

    private static String text(JsonNode node, String name, String otherwise) {
        var value = node.get(name);
        return value == null || value.isNull() ? otherwise : text(node, name);
    }

    private static boolean flag(JsonNode node, String name, boolean otherwise) {
        var value = node.get(name);
        if (value == null || value.isNull()) return otherwise;
        if (!value.isBoolean()) throw wrong("\"" + name + "\" is " + shortened(value) + ", not true or false");
        return value.asBoolean();
    }

    private static int number(JsonNode node, String name) {
        var value = need(node, name);
        if (!value.isIntegralNumber() || !value.canConvertToInt())
            throw wrong("\"" + name + "\" is " + shortened(value) + ", not a whole number");
        return value.asInt();
    }

    private static int number(JsonNode node, String name, int otherwise) {
        var value = node.get(name);
        return value == null || value.isNull() ? otherwise : number(node, name);
    }

    private static List<JsonNode> list(JsonNode node, String name) {
        var value = need(node, name);
        if (!value.isArray()) throw wrong("\"" + name + "\" is " + shortened(value) + ", not a list");
        var all = new ArrayList<JsonNode>();
        value.forEach(all::add);
        return all;
    }

    private static <T> List<T> each(JsonNode node, String name, Function<JsonNode, T> read) {
        var all = new ArrayList<T>();
        for (var item : list(node, name)) all.add(read.apply(item));
        return all;
    }

    private static <E extends Enum<E>> E one(Class<E> type, JsonNode node, String name, E otherwise) {
        var text = text(node, name, null);
        if (text == null) return otherwise;
        var spelled = text.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(Locale.ROOT);
        for (var value : type.getEnumConstants()) if (value.name().equals(spelled)) return value;
        throw wrong("\"" + name + "\" is \"" + text + "\", which is not known");
    }

    private static TextNormalizer normalizer(JsonNode n) {
        return switch (text(n, "type")) {
            case "BertNormalizer" -> new TextNormalizer.Bert(flag(n, "clean_text", true), flag(n, "handle_chinese_chars", true),
                    n.get("strip_accents") == null || n.get("strip_accents").isNull() ? null : flag(n, "strip_accents", true),
                    flag(n, "lowercase", true));
            case "NFC" -> new TextNormalizer.Unicode(Form.NFC);
            case "NFD" -> new TextNormalizer.Unicode(Form.NFD);
            case "NFKC" -> new TextNormalizer.Unicode(Form.NFKC);
            case "NFKD" -> new TextNormalizer.Unicode(Form.NFKD);
            case "Lowercase" -> new TextNormalizer.Lowercase();
            case "Strip" -> new TextNormalizer.Strip(flag(n, "strip_left", true), flag(n, "strip_right", true));
            case "StripAccents" -> new TextNormalizer.StripAccents();
            case "Replace" -> new TextNormalizer.Replace(pattern(n), text(n, "content"));
            case "Prepend" -> new TextNormalizer.Prepend(text(n, "prepend"));
            case "Nmt" -> new TextNormalizer.Nmt();
            case "Precompiled" -> new TextNormalizer.Precompiled(Base64.getDecoder().decode(text(n, "precompiled_charsmap", "")));
            case "ByteLevel" -> new TextNormalizer.ByteLevel();
            case "Sequence" -> new TextNormalizer.Sequence(each(n, "normalizers", TokenizerJson::normalizer));
            case String other -> throw wrong("the normalizer \"" + other + "\" is not known");
        };
    }

    private static TextPattern pattern(JsonNode n) {
        var p = need(n, "pattern");
        if (p.isString()) return TextPattern.literal(p.asString());
        return p.get("String") != null ? TextPattern.literal(text(p, "String")) : TextPattern.of(text(p, "Regex"));
    }

    private static PreTokenizer preTokenizer(JsonNode n) {
        return switch (text(n, "type")) {
            case "BertPreTokenizer" -> new PreTokenizer.Bert();
            case "ByteLevel" -> new PreTokenizer.ByteLevel(flag(n, "add_prefix_space", true), flag(n, "trim_offsets", true),
                    flag(n, "use_regex", true));
            case "CharDelimiterSplit" -> new PreTokenizer.CharDelimiterSplit(text(n, "delimiter"));
            case "Digits" -> new PreTokenizer.Digits(flag(n, "individual_digits", false));
            case "FixedLength" -> new PreTokenizer.FixedLength(number(n, "length", 5));
            case "Metaspace" -> metaspace(n);
            case "Punctuation" -> new PreTokenizer.Punctuation(one(Behavior.class, n, "behavior", Behavior.ISOLATED));
            case "Split" ->
                    new PreTokenizer.Split(pattern(n), one(Behavior.class, n, "behavior", Behavior.ISOLATED), flag(n, "invert", false));
            case "UnicodeScripts" -> new PreTokenizer.UnicodeScripts();
            case "Whitespace" -> new PreTokenizer.Whitespace();
            case "WhitespaceSplit" -> new PreTokenizer.WhitespaceSplit();
            case "Sequence" -> new PreTokenizer.Sequence(each(n, "pretokenizers", TokenizerJson::preTokenizer));
            case String other -> throw wrong("the pre-tokenizer \"" + other + "\" is not known");
        };
    }

    /** Older files say {@code add_prefix_space}. */
    private static PreTokenizer.Metaspace metaspace(JsonNode n) {
        var scheme = flag(n, "add_prefix_space", true) ? PrependScheme.ALWAYS : PrependScheme.NEVER;
        return new PreTokenizer.Metaspace(text(n, "replacement"), one(PrependScheme.class, n, "prepend_scheme", scheme),
                flag(n, "split", true));
    }

    private static PostProcessor.Control control(JsonNode n, String name) {
        var pair = list(n, name);
        if (pair.size() != 2 || !pair.get(0).isString() || !pair.get(1).canConvertToInt())
            throw wrong("\"" + name + "\" is " + shortened(n) + ", not a token and its id");
        return new PostProcessor.Control(pair.get(0).asString(), pair.get(1).asInt());
    }

    private static PostProcessor postProcessor(JsonNode n) {
        return switch (text(n, "type")) {
            case "BertProcessing" -> new PostProcessor.Bert(control(n, "sep"), control(n, "cls"));
            case "RobertaProcessing" -> new PostProcessor.Roberta(control(n, "sep"), control(n, "cls"), flag(n, "trim_offsets", true),
                    flag(n, "add_prefix_space", true));
            case "ByteLevel" -> new PostProcessor.ByteLevel(flag(n, "add_prefix_space", true), flag(n, "trim_offsets", true),
                    flag(n, "use_regex", true));
            case "TemplateProcessing" -> {
                var special = n.get("special_tokens");
                yield new PostProcessor.Templated(
                        new Template(each(n, "single", p -> part(p, special)), each(n, "pair", p -> part(p, special))));
            }
            case "Sequence" -> new PostProcessor.Sequence(each(n, "processors", TokenizerJson::postProcessor));
            case String other -> throw wrong("the post-processor \"" + other + "\" is not known");
        };
    }

    private static Template.Part part(JsonNode n, JsonNode special) {
        var sequence = n.get("Sequence");
        if (sequence != null) {
            var id = text(sequence, "id");
            if (!id.equals("A") && !id.equals("B")) throw wrong("the template names the text \"" + id + "\"; they are A and B");
            return new Template.Text(id.equals("B"), number(sequence, "type_id", 0));
        }
        var token = need(n, "SpecialToken");
        var name = text(token, "id");
        var entry = special == null ? null : special.get(name);
        if (entry == null) throw wrong("the template's token \"" + name + "\" is not among its special tokens");
        var ids = new ArrayList<Integer>();
        for (var id : list(entry, "ids")) {
            if (!id.canConvertToInt() || id.asInt() < 0) throw wrong("the id " + shortened(id) + " of \"" + name + "\" is none");
            ids.add(id.asInt());
        }
        return new Template.Control(name, ids, number(token, "type_id", 0));
    }

    /** A stride that is as long as what there is room for would never move on. */
    private static void checkTruncation(Truncation truncation, int template) {
        int room = truncation.length() - template;
        if (room < 0 || room > 0 && truncation.stride() >= room)
            throw wrong("the truncation is to " + truncation.length() + " tokens with a stride of " + truncation.stride()
                    + "; the template has " + template + " of them, and a stride is smaller than what is left");
    }

    private static void checkTemplate(Template template, SubwordModel model, SpecialTokens specials) {
        for (var parts : List.of(template.single(), template.pair()))
            for (var part : parts)
                if (part instanceof Template.Control c) for (int id : c.ids())
                    if (id < 0 || id >= model.vocabulary().size() && specials.find(id) == null)
                        throw wrong("the template's token \"" + c.token() + "\" has the id " + id + ", which no token has");
    }

    private static TokenDecoder decoder(JsonNode n) {
        return switch (text(n, "type")) {
            case "BPEDecoder" -> new TokenDecoder.Bpe(text(n, "suffix", "</w>"));
            case "ByteFallback" -> new TokenDecoder.ByteFallback();
            case "ByteLevel" -> new TokenDecoder.ByteLevel();
            case "CTC" ->
                    new TokenDecoder.Ctc(text(n, "pad_token", "<pad>"), text(n, "word_delimiter_token", "|"), flag(n, "cleanup", true));
            case "Fuse" -> new TokenDecoder.Fuse();
            case "Metaspace" -> {
                var m = metaspace(n);
                yield new TokenDecoder.Metaspace(m.replacement(), m.prepend(), m.split());
            }
            case "Replace" -> new TokenDecoder.Replace(pattern(n), text(n, "content"));
            case "Strip" -> new TokenDecoder.Strip(text(n, "content"), number(n, "start", 0), number(n, "stop", 0));
            case "WordPiece" -> new TokenDecoder.WordPiece(text(n, "prefix", "##"), flag(n, "cleanup", true));
            case "Sequence" -> new TokenDecoder.Sequence(each(n, "decoders", TokenizerJson::decoder));
            case String other -> throw wrong("the decoder \"" + other + "\" is not known");
        };
    }

    private static SubwordModel model(JsonNode n) {
        var type = text(n, "type", n.has("merges") ? "BPE" : n.has("continuing_subword_prefix") ? "WordPiece" : "WordLevel");
        var unknown = type.equals("Unigram") ? null : text(n, "unk_token", null);
        return switch (type) {
            case "BPE" -> {
                if (n.get("dropout") != null && !n.get("dropout").isNull() && n.get("dropout").asDouble() != 0)
                    throw wrong("\"dropout\" is " + n.get("dropout") + ": encoding would be random; set it to null and use sample()");
                var vocabulary = vocabulary(need(n, "vocab"), unknown);
                yield new Bpe(vocabulary, each(n, "merges", TokenizerJson::merge), vocabulary.unknown() < 0 ? null : unknown,
                        text(n, "continuing_subword_prefix", ""), text(n, "end_of_word_suffix", ""), flag(n, "fuse_unk", false),
                        flag(n, "byte_fallback", false), flag(n, "ignore_merges", false), flag(n, "rank_by_piece", false), userDefined(n));
            }
            case "WordPiece" -> new WordPiece(vocabulary(need(n, "vocab"), unknown), unknown, text(n, "continuing_subword_prefix", "##"),
                    number(n, "max_input_chars_per_word", 100));
            case "WordLevel" -> {
                var vocabulary = vocabulary(need(n, "vocab"), unknown);
                yield new WordLevel(vocabulary, vocabulary.unknown() < 0 ? null : unknown);
            }
            case "Unigram" -> {
                var builder = new Vocabulary.Builder();
                var unused = new BitSet();
                if (n.get("unused") != null) for (var id : list(n, "unused")) {
                    if (!id.canConvertToInt() || id.asInt() < 0 || id.asInt() >= MOST_TOKENS)
                        throw wrong("the unused id " + shortened(id) + " is none");
                    unused.set(id.asInt());
                }
                for (var entry : list(n, "vocab")) {
                    if (!entry.isArray() || entry.size() != 2 || !entry.get(0).isString() || !entry.get(1).isNumber())
                        throw wrong("the entry " + shortened(entry) + " is not a piece with a score");
                    builder.addScored(entry.get(0).asString(), entry.get(1).asDouble());
                    if (unused.get(builder.size() - 1)) builder.reserved();
                }
                int id = number(n, "unk_id", -1);
                if (id >= builder.size()) throw wrong("unk_id is " + id + " of " + builder.size() + " pieces");
                var vocabulary = builder.build();
                var piece = id < 0 ? null : vocabulary.token(id);
                yield new Unigram(vocabulary.toBuilder().unknown(piece).build(), piece, flag(n, "byte_fallback", false), userDefined(n));
            }
            case String other -> throw wrong("the model \"" + other + "\" is not known");
        };
    }

    private static Set<String> userDefined(JsonNode n) {
        var pieces = new HashSet<String>();
        if (n.get("user_defined") != null) for (var piece : list(n, "user_defined")) {
            if (!piece.isString()) throw wrong("the user-defined piece " + shortened(piece) + " is not text");
            pieces.add(piece.asString());
        }
        return pieces;
    }

    /** Older files write a pair as one text with a space. */
    private static Bpe.Merge merge(JsonNode n) {
        if (n.isArray() && n.size() == 2 && n.get(0).isString() && n.get(1).isString())
            return new Bpe.Merge(n.get(0).asString(), n.get(1).asString());
        var text = n.isString() ? n.asString() : "";
        int space = text.indexOf(' ');
        if (space <= 0 || space == text.length() - 1) throw wrong("the merge " + shortened(n) + " is not a pair");
        return new Bpe.Merge(text.substring(0, space), text.substring(space + 1));
    }

    private static Vocabulary vocabulary(JsonNode n, String unknown) {
        if (!n.isObject()) throw wrong("\"vocab\" is " + shortened(n) + ", not an object");
        int most = -1;
        for (var e : n.properties()) {
            if (!e.getValue().isIntegralNumber() || !e.getValue().canConvertToInt() || e.getValue().asInt() < 0)
                throw wrong("the id of \"" + e.getKey() + "\" is " + shortened(e.getValue()) + ", not a whole number from 0");
            most = Math.max(most, e.getValue().asInt());
        }
        if (most >= MOST_TOKENS || most > 4 * n.size() + 1000) throw wrong("the greatest id is " + most + " with " + n.size() + " tokens");
        var tokens = new String[most + 1];
        for (var e : n.properties()) {
            int id = e.getValue().asInt();
            if (tokens[id] != null) throw wrong("the id " + id + " stands for \"" + tokens[id] + "\" and for \"" + e.getKey() + "\"");
            tokens[id] = e.getKey();
        }
        var builder = new Vocabulary.Builder();
        for (var token : tokens) if (token == null) builder.addReserved();
        else builder.add(token);
        return builder.unknown(unknown != null && n.has(unknown) ? unknown : null).build();
    }

    private static SpecialTokens specials(JsonNode list, SubwordModel model, Padding padding) {
        var added = new ArrayList<AddedToken>();
        if (list != null && !list.isNull()) for (var t : list)
            added.add(new AddedToken(text(t, "content"), number(t, "id"), flag(t, "special", false), flag(t, "single_word", false),
                    flag(t, "lstrip", false), flag(t, "rstrip", false), flag(t, "normalized", true)));
        return roles(new SpecialTokens(added), model.unknown(), padding);
    }

    /** A file does not say who plays which role; names do. */
    static SpecialTokens roles(SpecialTokens specials, String unknown, Padding padding) {
        Map<Role, List<String>> names = new HashMap<>();
        names.put(Role.BOS,
                List.of("<s>", "<bos>", "<|begin_of_text|>", "<|startoftext|>", "<|begin▁of▁sentence|>", "<｜begin▁of▁sentence｜>"));
        names.put(Role.EOS, List.of("</s>", "<eos>", "<|end_of_text|>", "<|endoftext|>", "<｜end▁of▁sentence｜>"));
        names.put(Role.PAD, padding == null ? List.of("[PAD]", "<pad>", "<|pad|>") : List.of(padding.token(), "[PAD]", "<pad>"));
        names.put(Role.UNK, unknown == null ? List.of("[UNK]", "<unk>") : List.of(unknown));
        names.put(Role.CLS, List.of("[CLS]"));
        names.put(Role.SEP, List.of("[SEP]"));
        names.put(Role.MASK, List.of("[MASK]", "<mask>"));
        for (var role : Role.values()) for (var name : names.get(role)) if (specials.find(name) != null) {
            specials = specials.with(role, name);
            break;
        }
        return specials;
    }

    private static Truncation truncation(JsonNode n) {
        return new Truncation(number(n, "max_length"), number(n, "stride", 0),
                one(Truncation.Strategy.class, n, "strategy", Truncation.Strategy.LONGEST_FIRST),
                text(n, "direction", "Right").equals("Left"));
    }

    private static Padding padding(JsonNode n) {
        var strategy = n.get("strategy");
        int length = strategy != null && strategy.isObject() ? number(strategy, "Fixed") : 0;
        int multiple = number(n, "pad_to_multiple_of", 0);
        if (length > MOST_PADDED || multiple > MOST_PADDED) throw wrong(
                "the padding is to " + length + " tokens, a multiple of " + multiple + "; more than " + MOST_PADDED + " is refused");
        return new Padding(length, multiple, number(n, "pad_id"), number(n, "pad_type_id", 0), text(n, "pad_token"),
                text(n, "direction", "Right").equals("Left"));
    }
}
