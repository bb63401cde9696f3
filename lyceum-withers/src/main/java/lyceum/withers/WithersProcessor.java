package lyceum.withers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.RoundEnvironment;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.RecordComponentElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.TypeParameterElement;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeMirror;
import javax.tools.Diagnostic;

/** Writes the interfaces that {@link Withers} asks for. */
public final class WithersProcessor extends AbstractProcessor {

    @Override public Set<String> getSupportedAnnotationTypes() { return Set.of(Withers.class.getCanonicalName()); }

    @Override public SourceVersion getSupportedSourceVersion() { return SourceVersion.latestSupported(); }

    @Override public boolean process(Set<? extends TypeElement> annotations, RoundEnvironment round) {
        for (var element : round.getElementsAnnotatedWith(Withers.class)) {
            if (element.getKind() == ElementKind.RECORD) write((TypeElement) element);
            else error("@Withers stands on " + element.getSimpleName() + ", which is not a record", element);
        }
        return true;
    }

    private void write(TypeElement type) {
        var name = interfaceName(type);
        if (type.getInterfaces().stream().noneMatch(i -> i.toString().replaceAll("<.*", "").endsWith(name))) {
            error("a record with @Withers implements what is written for it: " + type.getSimpleName() + " implements " + name
                    + parameters(type, false), type);
            return;
        }
        var home = processingEnv.getElementUtils().getPackageOf(type).getQualifiedName();
        try (var out = processingEnv.getFiler().createSourceFile(home + "." + name, type).openWriter()) {
            out.write("package " + home + ";\n\n/** Copies of {@link " + nameIn(type) + "} with one component changed. */\ninterface "
                    + name + parameters(type, true) + " {\n" + methods(type) + "}\n");
        } catch (IOException e) {
            error("cannot write " + name + ": " + e.getMessage(), type);
        }
    }

    private String methods(TypeElement type) {
        var own = nameIn(type) + parameters(type, false);
        var text = new StringBuilder();
        for (var changed : type.getRecordComponents()) {
            var values = type.getRecordComponents().stream()
                    .map(c -> c.equals(changed) ? c.getSimpleName().toString() : "self." + c.getSimpleName() + "()");
            text.append(method(own, changed, parameter(changed), "var self = (" + own + ") this;\n        return new " + nameIn(type)
                    + (type.getTypeParameters().isEmpty() ? "" : "<>") + values.collect(Collectors.joining(", ", "(", ")"))));
            if (changed.getAnnotation(Withers.Flat.class) != null) flat(text, own, type, changed);
        }
        return text.toString();
    }

    /** The withers of a component, declared ones among them, where this record has none of that name. */
    private void flat(StringBuilder text, String own, TypeElement type, RecordComponentElement through) {
        var inner = (TypeElement) ((DeclaredType) through.asType()).asElement();
        for (var component : inner.getRecordComponents()) {
            if (type.getRecordComponents().stream().anyMatch(c -> c.getSimpleName().equals(component.getSimpleName()))) continue;
            var declared = declared(inner, component);
            if (declared == null) text.append(
                    method(own, component, parameter(component), through(through, component, component.getSimpleName().toString())));
            else text.append(method(own, component, written(declared),
                    through(through, component, declared.getParameters().getFirst().getSimpleName().toString())));
        }
    }

    private static ExecutableElement declared(TypeElement inner, RecordComponentElement component) {
        for (var member : inner.getEnclosedElements()) {
            if (member instanceof ExecutableElement method && method.getSimpleName().contentEquals(wither(component))
                    && method.getParameters().size() == 1)
                return method;
        }
        return null;
    }

    private static String through(RecordComponentElement through, RecordComponentElement component, String value) {
        var self = "var self = (" + nameIn((TypeElement) through.getEnclosingElement())
                + parameters((TypeElement) through.getEnclosingElement(), false) + ") this;\n        ";
        return self + "return self." + wither(through) + "(self." + through.getSimpleName() + "()." + wither(component) + "(" + value
                + "))";
    }

    private String method(String own, RecordComponentElement changed, String parameter, String body) {
        return "\n    /** A copy with another {@code " + changed.getSimpleName() + "}" + meaning(changed) + " */\n    default " + own + " "
                + wither(changed) + "(" + parameter + ") {\n        " + body + ";\n    }\n";
    }

    /** What the record's Javadoc says of the component, if it does. */
    private String meaning(RecordComponentElement component) {
        var text = processingEnv.getElementUtils().getDocComment(component.getEnclosingElement());
        if (text == null) return ".";
        var found = Pattern.compile("(?s)@param\\s+" + component.getSimpleName() + "\\s+(.*?)(?=\\n\\s*@|\\z)").matcher(text);
        if (!found.find()) return ".";
        // A link that holds in the record need not hold in the interface, which knows neither its imports nor its members.
        var words = found.group(1).strip().replaceAll("\\s+", " ").replaceAll("\\{@link(?:plain)? #?([^} ]+)(?: [^}]*)?}", "{@code $1}");
        return ": " + words + (words.endsWith(".") ? "" : ".");
    }

    private static String parameter(RecordComponentElement component) { return text(component.asType()) + " " + component.getSimpleName(); }

    private static String written(ExecutableElement method) {
        var only = method.getParameters().getFirst();
        var type = text(only.asType());
        return (method.isVarArgs() ? type.substring(0, type.length() - 2) + "..." : type) + " " + only.getSimpleName();
    }

    private static String text(TypeMirror type) { return type.toString(); }

    private static String wither(RecordComponentElement component) {
        var name = component.getSimpleName().toString();
        return "with" + Character.toUpperCase(name.charAt(0)) + name.substring(1);
    }

    private static String interfaceName(TypeElement type) { return String.join("", names(type)) + "Withers"; }

    private static String nameIn(TypeElement type) { return String.join(".", names(type)); }

    private static List<String> names(TypeElement type) {
        var names = new ArrayList<String>();
        for (Element e = type; e instanceof TypeElement; e = e.getEnclosingElement()) names.addFirst(e.getSimpleName().toString());
        return names;
    }

    private static String parameters(TypeElement type, boolean bounded) {
        if (type.getTypeParameters().isEmpty()) return "";
        return type.getTypeParameters().stream().map(p -> p + (bounded ? bounds(p) : "")).collect(Collectors.joining(", ", "<", ">"));
    }

    private static String bounds(TypeParameterElement parameter) {
        return parameter.getBounds().stream().map(TypeMirror::toString).collect(Collectors.joining(" & ", " extends ", ""));
    }

    private void error(String message, Element where) { processingEnv.getMessager().printMessage(Diagnostic.Kind.ERROR, message, where); }
}
