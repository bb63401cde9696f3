package lyceum.studio.web.view;

/** An area or a module with how many of its topics work. */
public record AreaLine(String name, String href, int works, int partial, int planned) {

    public int total() { return works + partial + planned; }

    /** Words for those who do not see the bar. */
    public String words() { return works + " work, " + partial + " partial, " + planned + " planned"; }
}
