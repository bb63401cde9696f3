package lyceum.text;

import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes {@code tokenizer.json} as Hugging Face tokenizers 0.21 reads it. */
final class TokenizerJsonWriter {
    private TokenizerJsonWriter() {}

    static byte[] write(TokenizerSpec spec) {
        var root = object();
        root.put("version", "1.0");
        root.set("truncation", spec.truncation() == null ? null : truncation(spec.truncation()));
        root.set("padding", spec.padding() == null ? null : padding(spec.padding()));
        var added = root.putArray("added_tokens");
        for (var t : spec.specials().added()) {
            var n = added.addObject();
            n.put("id", t.id()).put("content", t.text()).put("single_word", t.singleWord()).put("lstrip", t.leftSpace())
                    .put("rstrip", t.rightSpace()).put("normalized", t.normalized()).put("special", t.special());
        }
        root.set("normalizer", spec.normalizer() == null ? null : normalizer(spec.normalizer()));
        root.set("pre_tokenizer", spec.preTokenizer() == null ? null : preTokenizer(spec.preTokenizer()));
        root.set("post_processor", spec.postProcessor() == null ? null : postProcessor(spec.postProcessor()));
        root.set("decoder", spec.decoder() == null ? null : decoder(spec.decoder()));
        root.set("model", model(spec.model()));
        return TokenizerJson.JSON.writeValueAsBytes(root);
    }

    private static ObjectNode object() { return TokenizerJson.JSON.createObjectNode(); }

    private static ObjectNode typed(String type) { return object().put("type", type); }

    private static <T> ObjectNode listed(String type, String name, Iterable<T> parts, Function<T, ObjectNode> write) {
        var n = typed(type);
        var list = n.putArray(name);
        for (var part : parts) list.add(write.apply(part));
        return n;
    }

    private static String camel(Enum<?> value) {
        var text = new StringBuilder();
        for (var word : value.name().split("_")) text.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        return text.toString();
    }

    private static ObjectNode truncation(Truncation t) {
        return object().put("direction", t.left() ? "Left" : "Right").put("max_length", t.length()).put("strategy", camel(t.strategy()))
                .put("stride", t.stride());
    }

    private static ObjectNode padding(Padding p) {
        var n = object();
        if (p.length() == 0) n.put("strategy", "BatchLongest");
        else n.putObject("strategy").put("Fixed", p.length());
        n.put("direction", p.left() ? "Left" : "Right");
        if (p.multipleOf() == 0) n.putNull("pad_to_multiple_of");
        else n.put("pad_to_multiple_of", p.multipleOf());
        return n.put("pad_id", p.id()).put("pad_type_id", p.typeId()).put("pad_token", p.token());
    }

    private static ObjectNode pattern(ObjectNode n, TextPattern pattern) {
        n.putObject("pattern").put(pattern.isRegex() ? "Regex" : "String", pattern.source());
        return n;
    }

    private static ObjectNode normalizer(TextNormalizer normalizer) {
        return switch (normalizer) {
            case TextNormalizer.Bert b ->
                    typed("BertNormalizer").put("clean_text", b.cleanText()).put("handle_chinese_chars", b.handleChineseChars())
                            .put("strip_accents", b.stripAccents()).put("lowercase", b.lowercase());
            case TextNormalizer.Unicode u -> typed(u.form().name());
            case TextNormalizer.Lowercase l -> typed("Lowercase");
            case TextNormalizer.Strip s -> typed("Strip").put("strip_left", s.left()).put("strip_right", s.right());
            case TextNormalizer.StripAccents s -> typed("StripAccents");
            case TextNormalizer.Replace r -> pattern(typed("Replace"), r.pattern()).put("content", r.content());
            case TextNormalizer.Prepend p -> typed("Prepend").put("prepend", p.content());
            case TextNormalizer.Nmt n -> typed("Nmt");
            case TextNormalizer.Precompiled p ->
                    typed("Precompiled").put("precompiled_charsmap", Base64.getEncoder().encodeToString(p.charsMap()));
            case TextNormalizer.ByteLevel b -> typed("ByteLevel");
            case TextNormalizer.Sequence s -> listed("Sequence", "normalizers", s.normalizers(), TokenizerJsonWriter::normalizer);
        };
    }

    private static ObjectNode preTokenizer(PreTokenizer preTokenizer) {
        return switch (preTokenizer) {
            case PreTokenizer.Bert b -> typed("BertPreTokenizer");
            case PreTokenizer.ByteLevel b -> typed("ByteLevel").put("add_prefix_space", b.addPrefixSpace())
                    .put("trim_offsets", b.trimOffsets()).put("use_regex", b.useRegex());
            case PreTokenizer.CharDelimiterSplit c -> typed("CharDelimiterSplit").put("delimiter", c.delimiter());
            case PreTokenizer.Digits d -> typed("Digits").put("individual_digits", d.individual());
            case PreTokenizer.FixedLength f -> typed("FixedLength").put("length", f.length());
            case PreTokenizer.Metaspace m -> metaspace(m.replacement(), m.prepend(), m.split());
            case PreTokenizer.Punctuation p -> typed("Punctuation").put("behavior", camel(p.behavior()));
            case PreTokenizer.Split s ->
                    pattern(typed("Split"), s.pattern()).put("behavior", camel(s.behavior())).put("invert", s.invert());
            case PreTokenizer.UnicodeScripts u -> typed("UnicodeScripts");
            case PreTokenizer.Whitespace w -> typed("Whitespace");
            case PreTokenizer.WhitespaceSplit w -> typed("WhitespaceSplit");
            case PreTokenizer.Sequence s -> listed("Sequence", "pretokenizers", s.preTokenizers(), TokenizerJsonWriter::preTokenizer);
        };
    }

    private static ObjectNode metaspace(String replacement, PreTokenizer.PrependScheme scheme, boolean split) {
        return typed("Metaspace").put("replacement", replacement).put("prepend_scheme", scheme.name().toLowerCase(Locale.ROOT)).put("split",
                split);
    }

    private static void control(ArrayNode list, PostProcessor.Control control) { list.add(control.token()).add(control.id()); }

    private static ObjectNode postProcessor(PostProcessor processor) {
        switch (processor) {
            case PostProcessor.Bert b -> {
                var n = typed("BertProcessing");
                control(n.putArray("sep"), b.sep());
                control(n.putArray("cls"), b.cls());
                return n;
            }
            case PostProcessor.Roberta r -> {
                var n = typed("RobertaProcessing");
                control(n.putArray("sep"), r.sep());
                control(n.putArray("cls"), r.cls());
                return n.put("trim_offsets", r.trimOffsets()).put("add_prefix_space", r.addPrefixSpace());
            }
            case PostProcessor.ByteLevel b -> {
                return typed("ByteLevel").put("add_prefix_space", b.addPrefixSpace()).put("trim_offsets", b.trimOffsets()).put("use_regex",
                        b.useRegex());
            }
            case PostProcessor.Sequence s ->
                    { return listed("Sequence", "processors", s.processors(), TokenizerJsonWriter::postProcessor); }
            case PostProcessor.Templated t -> {
                var n = typed("TemplateProcessing");
                var special = object();
                Consumer<Template.Part> note = p -> {
                    if (!(p instanceof Template.Control c) || special.has(c.token())) return;
                    var entry = special.putObject(c.token()).put("id", c.token());
                    var ids = entry.putArray("ids");
                    c.ids().forEach(ids::add);
                    entry.putArray("tokens").add(c.token());
                };
                parts(n.putArray("single"), t.template().single(), note);
                parts(n.putArray("pair"), t.template().pair(), note);
                n.set("special_tokens", special);
                return n;
            }
        }
    }

    private static void parts(ArrayNode list, Iterable<Template.Part> parts, Consumer<Template.Part> note) {
        for (var part : parts) {
            note.accept(part);
            if (part instanceof Template.Text text)
                list.addObject().putObject("Sequence").put("id", text.second() ? "B" : "A").put("type_id", text.typeId());
            else if (part instanceof Template.Control c)
                list.addObject().putObject("SpecialToken").put("id", c.token()).put("type_id", c.typeId());
        }
    }

    private static ObjectNode decoder(TokenDecoder decoder) {
        return switch (decoder) {
            case TokenDecoder.Bpe b -> typed("BPEDecoder").put("suffix", b.suffix());
            case TokenDecoder.ByteFallback b -> typed("ByteFallback");
            case TokenDecoder.ByteLevel b ->
                    typed("ByteLevel").put("add_prefix_space", true).put("trim_offsets", true).put("use_regex", true);
            case TokenDecoder.Ctc c -> typed("CTC").put("pad_token", c.padToken()).put("word_delimiter_token", c.wordDelimiterToken())
                    .put("cleanup", c.cleanup());
            case TokenDecoder.Fuse f -> typed("Fuse");
            case TokenDecoder.Metaspace m -> metaspace(m.replacement(), m.prepend(), m.split());
            case TokenDecoder.Replace r -> pattern(typed("Replace"), r.pattern()).put("content", r.content());
            case TokenDecoder.Strip s -> typed("Strip").put("content", s.content()).put("start", s.start()).put("stop", s.stop());
            case TokenDecoder.WordPiece w -> typed("WordPiece").put("prefix", w.prefix()).put("cleanup", w.cleanup());
            case TokenDecoder.Sequence s -> listed("Sequence", "decoders", s.decoders(), TokenizerJsonWriter::decoder);
        };
    }

    private static void vocabulary(ObjectNode n, Vocabulary v) {
        var vocab = n.putObject("vocab");
        for (int id = 0; id < v.size(); id++) if (!v.isReserved(id)) vocab.put(v.token(id), id);
    }

    /** What no other program reads, and only where it is needed. */
    private static void userDefined(ObjectNode n, Set<String> pieces) {
        if (!pieces.isEmpty()) pieces.stream().sorted().forEach(n.putArray("user_defined")::add);
    }

    private static ObjectNode model(SubwordModel model) {
        switch (model) {
            case Bpe bpe -> {
                var n = typed("BPE").putNull("dropout").put("unk_token", bpe.unknown())
                        .put("continuing_subword_prefix", bpe.continuingPrefix().isEmpty() ? null : bpe.continuingPrefix())
                        .put("end_of_word_suffix", bpe.endSuffix().isEmpty() ? null : bpe.endSuffix()).put("fuse_unk", bpe.fuseUnknown())
                        .put("byte_fallback", bpe.byteFallback()).put("ignore_merges", bpe.ignoreMerges());
                if (bpe.rankByPiece()) n.put("rank_by_piece", true);
                userDefined(n, bpe.userDefined());
                vocabulary(n, bpe.vocabulary());
                var merges = n.putArray("merges");
                for (var merge : bpe.merges()) merges.addArray().add(merge.left()).add(merge.right());
                return n;
            }
            case WordPiece w -> {
                var n = typed("WordPiece").put("unk_token", w.unknown()).put("continuing_subword_prefix", w.continuingPrefix())
                        .put("max_input_chars_per_word", w.mostCharacters());
                vocabulary(n, w.vocabulary());
                return n;
            }
            case WordLevel w -> {
                var n = typed("WordLevel");
                vocabulary(n, w.vocabulary());
                return n.put("unk_token", w.unknown());
            }
            case Unigram u -> {
                var n = typed("Unigram");
                if (u.unknown() == null) n.putNull("unk_id");
                else n.put("unk_id", u.vocabulary().id(u.unknown()));
                var vocab = n.putArray("vocab");
                for (int id = 0; id < u.vocabulary().size(); id++)
                    vocab.addArray().add(u.vocabulary().token(id)).add(u.vocabulary().score(id));
                userDefined(n, u.userDefined());
                var unused = IntStream.range(0, u.vocabulary().size()).filter(u.vocabulary()::isReserved).toArray();
                if (unused.length > 0) Arrays.stream(unused).forEach(n.putArray("unused")::add);
                return n.put("byte_fallback", u.byteFallback());
            }
        }
    }
}
