package lyceum.text;

import java.util.List;

/** What a {@code tokenizer.json} says of the tokens around a text, by the names there. All of them are a {@link Template} and a trimming of offsets. */
public sealed interface PostProcessor {
    /** A control token and its id. */
    record Control(String token, int id) {}

    /** {@code [CLS] A [SEP] B [SEP]}. */
    record Bert(Control sep, Control cls) implements PostProcessor {}

    /** {@code <s> A </s></s> B </s>}. */
    record Roberta(Control sep, Control cls, boolean trimOffsets, boolean addPrefixSpace) implements PostProcessor {}

    /** Offsets without the space before a word, if so asked. */
    record ByteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex) implements PostProcessor {}

    /** As the template says. */
    record Templated(Template template) implements PostProcessor {}

    /** One after the other; at most one of them puts tokens around the text. */
    record Sequence(List<PostProcessor> processors) implements PostProcessor {
        public Sequence {
            processors = List.copyOf(processors);
            int adding = 0;
            for (var p : processors) if (!(p instanceof ByteLevel)) adding++;
            if (adding > 1) throw new IllegalArgumentException(
                    "PostProcessor.Sequence: " + adding + " of its parts put tokens around the text; one may");
        }
    }

    /** The template that it is. */
    default Template template() {
        return switch (this) {
            case Bert b -> around(b.cls, b.sep, false);
            case Roberta r -> around(r.cls, r.sep, true);
            case ByteLevel b -> Template.NONE;
            case Templated t -> t.template;
            case Sequence s -> {
                var template = Template.NONE;
                for (var p : s.processors) if (!(p instanceof ByteLevel)) template = p.template();
                yield template;
            }
        };
    }

    /** Whether spaces are left out of offsets. */
    default boolean trimsOffsets() {
        return switch (this) {
            case Roberta r -> r.trimOffsets;
            case ByteLevel b -> b.trimOffsets;
            case Sequence s -> s.processors.stream().anyMatch(PostProcessor::trimsOffsets);
            default -> false;
        };
    }

    private static Template around(Control cls, Control sep, boolean roberta) {
        var a = new Template.Text(false, 0);
        var b = new Template.Text(true, roberta ? 0 : 1);
        var begin = new Template.Control(cls.token, List.of(cls.id), 0);
        var end = new Template.Control(sep.token, List.of(sep.id), 0);
        var last = new Template.Control(sep.token, List.of(sep.id), roberta ? 0 : 1);
        return new Template(List.of(begin, a, end), roberta ? List.of(begin, a, end, end, b, last) : List.of(begin, a, end, b, last));
    }
}
