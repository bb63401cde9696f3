package lyceum.llm.chat.jinja;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import lyceum.FormatException;

/**
 * The part of Jinja in which chat templates are written: all of its expressions, {@code if}, {@code for}, {@code set}, {@code macro}, {@code call},
 * {@code filter}, {@code raw}, {@code break}, {@code continue} and Hugging Face's {@code generation}, with Python's texts, numbers and methods (tuples are lists). White space goes as
 * with {@code trim_blocks} and {@code lstrip_blocks}. What is unknown is refused when the template is read.
 *
 * {@snippet :
 * var template = JinjaTemplate.of("{% for m in messages %}<|{{ m.role }}|>{{ m['content'] | trim }}{% endfor %}");
 * String text = template.render(Map.of("messages", List.of(Map.of("role", "user", "content", " hello "))));   // <|user|>hello
 * }
 *
 * <p>Templates come with checkpoints, from strangers: nothing of Java can be reached from one, values are not changed, and steps, depth and the length of what is
 * made are bounded. Beside the variables there are {@code range}, {@code namespace}, {@code dict}, {@code raise_exception} and {@code strftime_now}. Safe to share
 * between threads.
 *
 * @see <a href="https://jinja.palletsprojects.com/en/stable/templates/">Jinja's template designer documentation</a>
 */
public final class JinjaTemplate {
    private static final long MOST_STEPS = 2_000_000;

    private final String source;
    private final List<Statement> statements;

    private JinjaTemplate(String source, List<Statement> statements) {
        this.source = source;
        this.statements = statements;
    }

    /** @throws FormatException naming the line if it cannot be read, or asks for what is not here */
    public static JinjaTemplate of(String source) { return new JinjaTemplate(source, Parser.parse(source)); }

    /** A text without white space about it, as the filter {@code trim} leaves it: all that Python takes for white space. */
    public static String trimmed(String text) { return Methods.stripped(text, List.of(), true, true); }

    /** As it was given. */
    public String source() { return source; }

    /** A part of a rendered text, in its chars. */
    public record Span(int from, int to) {}

    /** A text, and what of it stood in {@code generation} blocks, in their order. */
    public record Rendering(String text, List<Span> generated) {}

    /**
     * The text for these values: texts, numbers, booleans, lists, maps and null.
     *
     * @throws FormatException if the template does what it must not: names an attribute of nothing, runs or prints without end
     * @throws IllegalArgumentException with the template's own words if it calls {@code raise_exception}
     */
    public String render(Map<String, ?> variables) { return renderMarked(variables).text; }

    /** As {@link #render}, with what the assistant says marked. */
    public Rendering renderMarked(Map<String, ?> variables) { return renderMarked(variables, LocalDateTime.now(ZoneOffset.UTC)); }

    /** As above, {@code strftime_now} telling that time. */
    public Rendering renderMarked(Map<String, ?> variables, LocalDateTime now) {
        var work = new Frame.Work(Objects.requireNonNull(now, "now"), MOST_STEPS, Frame.MOST_CHARACTERS);
        var frame = new Frame(work, null);
        frame.set("range", (Values.Callable) JinjaTemplate::range);
        frame.set("namespace", (Values.Callable) (_, arguments, named) -> new Values.Namespace(merged(arguments, named)));
        frame.set("dict", (Values.Callable) (_, arguments, named) -> merged(arguments, named));
        frame.set("raise_exception", (Values.Callable) (_, arguments, _) -> {
            throw new IllegalArgumentException("chat template: " + Values.text(arguments.isEmpty() ? "" : arguments.getFirst()));
        });
        frame.set("strftime_now", (Values.Callable) (f, arguments, _) -> time(Values.text(arguments.getFirst()), f.work.now));
        var inner = frame.inner();
        variables.forEach((name, value) -> inner.set(name, Values.of(value)));
        try {
            Statement.all(statements, inner);
        } catch (ClassCastException | IndexOutOfBoundsException | NoSuchElementException | NullPointerException | ArithmeticException e) {
            throw new FormatException(
                    "template: a function got no argument, or one of a kind that it does not take (" + e.getMessage() + ")");
        } catch (StackOverflowError e) {
            throw new FormatException("template: it nests too deep");
        }
        return new Rendering(work.out.toString(), List.copyOf(work.generated));
    }

    private static Object range(Frame frame, List<Object> arguments, Map<String, Object> named) {
        long from = arguments.size() > 1 ? Values.whole(arguments.get(0)) : 0,
                to = Values.whole(arguments.get(arguments.size() > 1 ? 1 : 0)),
                step = arguments.size() > 2 ? Values.whole(arguments.get(2)) : 1;
        if (step == 0) throw new FormatException("template: range with a step of 0");
        if (((double) to - from) / step > 100_000) throw new FormatException("template: range of more than 100,000 numbers");
        var numbers = new ArrayList<Object>();
        long count = Math.max(0, (long) Math.ceil(((double) to - from) / step));
        for (long k = 0; k < count; k++) numbers.add(from + k * step);
        return numbers;
    }

    private static Map<String, Object> merged(List<Object> arguments, Map<String, Object> named) {
        var all = new LinkedHashMap<String, Object>();
        for (var argument : arguments) ((Map<?, ?>) argument).forEach((k, v) -> all.put(Values.text(k), v));
        all.putAll(named);
        return all;
    }

    /** C's {@code strftime}, in English. */
    private static String time(String format, LocalDateTime now) {
        var out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                out.append(c);
                continue;
            }
            boolean bare = format.charAt(i + 1) == '-' && i + 2 < format.length();
            if (bare) i++;
            c = format.charAt(++i);
            var pattern = switch (c) {
                case 'Y' -> "uuuu";
                case 'y' -> "uu";
                case 'm' -> bare ? "M" : "MM";
                case 'B' -> "MMMM";
                case 'b' -> "MMM";
                case 'd' -> bare ? "d" : "dd";
                case 'H' -> bare ? "H" : "HH";
                case 'I' -> bare ? "h" : "hh";
                case 'M' -> bare ? "m" : "mm";
                case 'S' -> bare ? "s" : "ss";
                case 'p' -> "a";
                case 'A' -> "EEEE";
                case 'a' -> "EEE";
                case 'j' -> "DDD";
                case 'F' -> "uuuu-MM-dd";
                case 'T' -> "HH:mm:ss";
                default -> "'" + (c == '%' ? "%" : c == '\'' ? "%''" : "%" + c) + "'";
            };
            out.append(now.format(DateTimeFormatter.ofPattern(pattern, Locale.US)));
        }
        return out.toString();
    }
}
