package io.rspar.standalone.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rspar.events.AllocationMethod;
import io.rspar.events.CancellationRequested;
import io.rspar.events.Criterion;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.events.PruningStatus;
import io.rspar.events.SearchSettings;
import io.rspar.events.topic.Topic;
import io.rspar.kit.event.EventCodec;
import io.rspar.kit.event.EventHeaders;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.kit.event.Outbox;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.event.TopicSetup;
import io.rspar.kit.metric.Metric;
import io.rspar.standalone.broker.BrokerProcess;
import io.rspar.standalone.pipeline.DemoRequests;
import io.rspar.standalone.pipeline.InMemoryPipeline;
import io.rspar.standalone.supervisor.Application;
import io.rspar.standalone.supervisor.Dashboard;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

/**
 * The packaged dashboard on a real broker that holds the events of a real request, in a real
 * browser. Without a browser (Debian: chromium and chromium-driver) its tests are skipped.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class DashboardIT {
  private static final Path MODULE = Path.of(System.getProperty("basedir", ".")).toAbsolutePath();
  private static final Path SCREENSHOTS = MODULE.resolve("target/screenshots");
  private static final String DONE = "fashion-done";
  private static final String OPEN = "fashion-open";
  private static final String UNFINISHED = "fashion-unfinished";
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** How the browser notes that a request was answered as invalid, which a test asks for. */
  private static final String REFUSED = "status of 422";

  @TempDir private static Path folder;

  private static BrokerProcess broker;
  private static Dashboard dashboard;
  private static KafkaClients clients;
  private static final EventCodec CODEC = EventCodec.singleObject();
  private ChromeDriver browser;

  @BeforeAll
  static void start() throws Exception {
    broker = BrokerProcess.start(folder.resolve("kafka"), folder.resolve("logs/kafka.log"));
    clients = new KafkaClients(KafkaSettings.local(broker.bootstrapServers()));
    try (Admin admin = clients.admin()) {
      TopicSetup.ensure(admin, (short) 1);
    }
    PruningRequest request =
        DemoRequests.request(DONE, DemoRequests.MODEL, folder.resolve("out"))
            .setMethod(AllocationMethod.R_SPAR)
            .setCriterion(Criterion.L2)
            .setSearch(SearchSettings.newBuilder().setRounds(3).setCandidatesPerRound(4).build())
            .build();
    Path artifacts = folder.resolve("artifacts");
    List<SpecificRecord> events = new InMemoryPipeline(artifacts).run(request, 1);
    events.forEach(DashboardIT::publish);
    publish(new PruningRequested(PruningRequest.newBuilder(request).setRequestId(OPEN).build()));
    events.stream()
        .filter(event -> !(event instanceof PruningCompleted || event instanceof PruningStatus))
        .forEach(event -> publish(ofRequest(UNFINISHED, event)));
    publishDeadLetter();
    dashboard =
        Dashboard.start(
            new Application(MODULE.resolve("target/quarkus-app/quarkus-run.jar")),
            folder,
            0,
            List.of(
                "-Drspar.kafka.bootstrap-servers=" + broker.bootstrapServers(),
                "-Drspar.artifacts.uri=" + artifacts.toUri()));
    Files.createDirectories(SCREENSHOTS);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!caughtUp()) {
      assertThat(System.nanoTime()).as(folder.resolve("logs") + " says why").isLessThan(deadline);
      Thread.sleep(200);
    }
  }

  private static boolean caughtUp() throws Exception {
    try {
      return json("api/about").path("caughtUp").asBoolean();
    } catch (IOException e) {
      return false; // not up yet
    }
  }

  @AfterAll
  static void stop() {
    if (dashboard != null) {
      dashboard.close();
    }
    if (broker != null) {
      broker.close();
    }
  }

  @AfterEach
  void close() {
    if (browser != null) {
      browser.quit();
    }
  }

  @Test
  void theRequestsAreListedAndLeadToTheirPages() throws Exception {
    open("");
    await("both requests", p -> all(".requests li").size() >= 2);
    assertThat(text(".requests")).contains("fashion_resnet", "goal met", DONE, OPEN, "MACs ≤ 60 %");
    screenshot("requests");
    one(".requests a[href$='" + DONE + "']").click();
    await("its page", p -> text("h1").contains("goal met"));
    await("layers", p -> all(".layers li").size() == 10);
    await("charts", p -> all(".plot canvas").size() == 2);
    assertThat(text(".tiles")).contains("accuracy (test data)", "median latency", "MACs");
    assertThat(text("[aria-label$='candidates'] tbody")).contains("final", "evaluated");
    assertThat(all("[aria-label$='candidates'] tbody tr")).hasSize(3 * 4 + 1);
    assertThat(text(".events")).contains("completed: goal met", "submitted: MACs ≤ 60 %");
    assertThat(one(".plot").getAttribute("aria-label"))
        .startsWith("Accuracy over latency. 12 candidates measured");
    screenshot("request");
    assertNothingWasComplainedAbout();
  }

  @Test
  void reportAndModelAreDownloaded() throws Exception {
    JsonNode files = json("api/requests/" + DONE + "/files");
    assertThat(files.findValuesAsText("name"))
        .contains("model.onnx", "report.html", "report.json", "request.yaml", "pruning-plan.json");
    HttpResponse<byte[]> model =
        send(
            get("api/requests/" + DONE + "/files/model.onnx"),
            HttpResponse.BodyHandlers.ofByteArray());
    assertThat(model.body()).isEqualTo(Files.readAllBytes(folder.resolve("out/model.onnx")));
    assertThat(status(get("api/requests/" + DONE + "/files/..%2fout%2fmodel.onnx"))).isEqualTo(404);
    assertThat(status(get("api/requests/" + OPEN + "/files"))).isEqualTo(404);

    open("api/requests/" + DONE + "/files/report.html");
    assertThat(text("h1")).isEqualTo("fashion_resnet");
    assertThat(text(".verdict")).startsWith("Goal met.");
    assertThat(
            (String)
                script(
                    "return getComputedStyle(document.querySelector('.verdict')).borderLeftStyle"))
        .as("the report has its own style, and may use it")
        .isEqualTo("solid");
    screenshot("report");
    assertNothingWasComplainedAbout();
  }

  @Test
  void thePipelineShowsLagAndSendsADeadLetterAgain() throws Exception {
    open("#/pipeline");
    await("four services", p -> all(".flow li").size() == 4);
    assertThat(text(".flow")).contains("sensitivity", "search", "pruner", "eval", "no instance");
    // Nobody has consumed anything: every event of the requests waits.
    assertThat(text("[aria-label^='Records that a group']"))
        .contains("pruning-requests", "rspar-sensitivity");
    await("the dead letter", p -> !all("button[aria-label^='Re-drive']").isEmpty());
    assertThat(text("[aria-label$='could not be processed']"))
        .contains("invalid-request", "the model is missing", OPEN);
    screenshot("pipeline");
    one("button[aria-label^='Re-drive']").click();
    await(
        "it to be marked",
        p -> text("[aria-label$='could not be processed']").contains("sent again"));
    ConsumerRecord<byte[], byte[]> again =
        find(
            Topic.PRUNED_MODELS.topicName(), r -> r.headers().lastHeader("rspar-redriven") != null);
    assertThat(new String(again.value(), StandardCharsets.UTF_8)).isEqualTo("not an event");
    assertThat(again.headers().lastHeader(EventHeaders.REASON)).isNull();
    assertNothingWasComplainedAbout();
  }

  @Test
  void aRequestIsCheckedAndSubmittedByForm() throws Exception {
    open("#/submit");
    await("the form", p -> !all("form input").isEmpty());
    byLabel("ONNX model").sendKeys("/models/net one.onnx");
    byLabel("calibration (scores)").sendKeys("/data/c.npz");
    button("Check").click();
    await("the check", p -> text("#outcome").contains("valid request"));
    screenshot("submit");
    WebElement yaml = one("#yaml");
    yaml.sendKeys("modell: x\n");
    button("Check").click();
    await("the mistake", p -> text("#outcome").contains("did you mean 'model'?"));
    button("Submit").click();
    await("the refusal", p -> text("#outcome").contains("did you mean 'model'?"));
    browser.navigate().refresh();
    await("the form", p -> !all("form input").isEmpty());
    byLabel("ONNX model").sendKeys("/models/net one.onnx");
    button("Submit").click();
    await("its page", p -> text("h1").startsWith("net one"));
    SpecificRecord event =
        decoded(find(Topic.PRUNING_REQUESTS.topicName(), r -> key(r).startsWith("net-one-")));
    PruningRequest submitted = ((PruningRequested) event).getRequest();
    assertThat(submitted.getModel().getUri()).isEqualTo("file:///models/net%20one.onnx");
    assertThat(submitted.getTarget().getValue()).isEqualTo(0.5);
    assertNothingWasComplainedAbout();
  }

  @Test
  void theDocumentationIsServed() throws Exception {
    open("");
    one("nav a[href='docs/index.html']").click();
    await("the first page", p -> text("h1").equals("Documentation"));
    screenshot("docs");
    one("nav a[href='faq.html']").click();
    await("the questions", p -> text("h1").equals("Questions"));
    assertThat(text("[aria-current='page']")).isEqualTo("Questions");
    one("a[href='networks.html#what-is-frozen']").click();
    await("the place", p -> !all("#what-is-frozen").isEmpty());
    open("docs/methods.html");
    screenshot("docs-methods");
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", 390, "height", 844, "deviceScaleFactor", 2, "mobile", true));
    for (String page : List.of("index", "methods", "events", "adr/0008-h-obs")) {
      open("docs/" + page + ".html");
      assertThat((Long) script("return document.documentElement.scrollWidth - window.innerWidth"))
          .as(page + " does not scroll sideways")
          .isLessThanOrEqualTo(0);
    }
    screenshot("phone-docs");
    assertNothingWasComplainedAbout();
  }

  /**
   * What dashboards and alerts ask of this process; of the services' see {@code InstallationIT}.
   */
  @Test
  void everyMetricThatNoSingleServiceKnowsIsExported() throws Exception {
    List<Metric> own =
        List.of(
            Metric.REQUESTS,
            Metric.REQUEST_PROGRESS,
            Metric.REQUEST_SILENCE,
            Metric.REQUEST_REWARD,
            Metric.REQUEST_CANDIDATES,
            Metric.CANDIDATES,
            Metric.CONSUMER_LAG,
            Metric.GROUP_MEMBERS,
            Metric.DEAD_LETTERS_OPEN);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    List<String> missing = List.of("not asked yet");
    while (!missing.isEmpty()) {
      assertThat(System.nanoTime()).as("missing: %s", missing).isLessThan(deadline);
      Thread.sleep(500);
      String exported = send(get("q/metrics"), HttpResponse.BodyHandlers.ofString()).body();
      missing =
          own.stream()
              .map(metric -> metric.meterName().replace('.', '_'))
              .filter(name -> !exported.contains("\n" + name))
              .toList();
    }
  }

  @Test
  void anOpenRequestIsCancelled() throws Exception {
    open("#/requests/" + OPEN);
    await("its page", p -> text("h1").contains("submitted"));
    button("Cancel").click();
    browser.switchTo().alert().accept();
    await("the badge", p -> text("h1").contains("cancelling"));
    SpecificRecord event =
        decoded(find(Topic.PRUNING_CANCELLATIONS.topicName(), r -> key(r).equals(OPEN)));
    assertThat(((CancellationRequested) event).getRequestId()).isEqualTo(OPEN);
  }

  @Test
  void aPhoneAndADarkPageShowEverything() throws Exception {
    open("#/requests/" + DONE);
    await("layers", p -> all(".layers li").size() == 10);
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", "dark"))));
    await(
        "a dark page",
        p ->
            script("return getComputedStyle(document.body).backgroundColor")
                .equals("rgb(16, 19, 22)"));
    screenshot("request-dark");
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", 390, "height", 844, "deviceScaleFactor", 2, "mobile", true));
    Map<String, String> pages =
        Map.of(
            "#/requests/" + DONE,
            ".layers li",
            "#/",
            ".requests li",
            "#/pipeline",
            ".flow li + li + li + li",
            "#/submit",
            "form input");
    for (String page : pages.keySet()) {
      open(page);
      await(page, p -> !all(pages.get(page)).isEmpty());
      assertThat((Long) script("return document.documentElement.scrollWidth - window.innerWidth"))
          .as(page + " does not scroll sideways")
          .isLessThanOrEqualTo(0);
      screenshot("phone-" + (page.length() == 2 ? "requests" : page.split("/")[1]));
    }
    assertNothingWasComplainedAbout();
  }

  @Test
  void everythingCanBeReachedByKeyboardAndHasAName() throws Exception {
    for (String page : List.of("#/requests/" + DONE, "#/", "#/pipeline", "#/submit")) {
      open(page);
      await(page, p -> !text("h1").isEmpty());
      @SuppressWarnings("unchecked")
      List<String> nameless =
          (List<String>)
              script(
                  """
                  const named = (e) => e.textContent.trim() || e.getAttribute("aria-label") || e.closest("label") || e.id && document.querySelector(`label[for=${e.id}]`);
                  return [...document.querySelectorAll("a, button, input, select, textarea, progress, [role=img], [tabindex='0']")]
                    .filter((e) => !named(e)).map((e) => e.outerHTML);
                  """);
      assertThat(nameless).as(page).isEmpty();
      assertThat(all("h1")).hasSize(1);
      assertThat(all("main, header, nav")).hasSize(3);
    }
    open("#/");
    browser.navigate().refresh();
    await("both requests", p -> all(".requests li").size() >= 2);
    // The first stop of the tabulator leads past the navigation.
    new Actions(browser).sendKeys(Keys.TAB).perform();
    assertThat(browser.switchTo().activeElement().getText()).isEqualTo("Skip to the content");
  }

  @Test
  void changesNeedThePageAndForeignSitesGetNothing() throws Exception {
    HttpRequest.Builder cancel =
        get("api/requests/" + DONE + "/cancel").POST(HttpRequest.BodyPublishers.noBody());
    assertThat(status(cancel)).as("without the page's header").isEqualTo(403);
    assertThat(
            status(
                cancel
                    .copy()
                    .header("X-Rspar-Change", "1")
                    .header("Origin", "http://evil.example")))
        .as("from another origin")
        .isEqualTo(403);
    assertThat(status(cancel.copy().header("X-Rspar-Change", "1")))
        .as("it has ended")
        .isEqualTo(409);
    HttpResponse<String> page = send(get(""), HttpResponse.BodyHandlers.ofString());
    assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
        .contains("default-src 'none'", "script-src 'self'");
  }

  private void open(String path) {
    if (browser == null) {
      browser = browser();
    }
    browser.get(dashboard.address() + path);
  }

  private static ChromeDriver browser() {
    Optional<Path> chromium = onPath("chromium");
    Optional<Path> driver = onPath("chromedriver");
    Assumptions.assumeTrue(
        chromium.isPresent() && driver.isPresent(),
        "no browser: install chromium and chromium-driver");
    ChromeOptions options = new ChromeOptions();
    options.setBinary(chromium.get().toFile());
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking");
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder().usingDriverExecutable(driver.get().toFile()).build();
    ChromeDriver browser = new ChromeDriver(service, options);
    browser.manage().window().setSize(new Dimension(1280, 1000));
    return browser;
  }

  private static Optional<Path> onPath(String program) {
    return Arrays.stream(System.getenv("PATH").split(":"))
        .map(f -> Path.of(f, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private void await(String what, Predicate<Object> condition) {
    new WebDriverWait(browser, PATIENCE)
        .withMessage(what)
        .ignoring(WebDriverException.class)
        .until(b -> condition.test(b));
  }

  private WebElement one(String selector) {
    return browser.findElement(By.cssSelector(selector));
  }

  private List<WebElement> all(String selector) {
    return browser.findElements(By.cssSelector(selector));
  }

  private String text(String selector) {
    return one(selector).getText();
  }

  private WebElement button(String text) {
    return browser.findElement(By.xpath("//button[text()='" + text + "']"));
  }

  private WebElement byLabel(String label) {
    return browser.findElement(
        By.xpath("//label[span='" + label + "']//*[self::input or self::select]"));
  }

  private Object script(String script) {
    return ((JavascriptExecutor) browser).executeScript(script);
  }

  private void screenshot(String name) throws Exception {
    Files.write(SCREENSHOTS.resolve(name + ".png"), browser.getScreenshotAs(OutputType.BYTES));
  }

  /** No script error, no violation of the security policy, no failed request. */
  private void assertNothingWasComplainedAbout() {
    assertThat(browser.manage().logs().get(LogType.BROWSER).getAll())
        .extracting(LogEntry::getMessage)
        .filteredOn(message -> !message.contains(REFUSED))
        .isEmpty();
  }

  private static void publish(SpecificRecord event) {
    Topic topic =
        Arrays.stream(Topic.values())
            .filter(t -> t.eventTypes().contains(event.getClass()))
            .findFirst()
            .orElseThrow();
    try (KafkaProducer<byte[], byte[]> producer = clients.producer(PATIENCE)) {
      producer.send(
          new Outbox(CODEC, "/test", Clock.systemUTC()).record(Outgoing.of(topic, event)));
    }
  }

  /** The same event of another request. */
  private static SpecificRecord ofRequest(String id, SpecificRecord event) {
    if (event instanceof PruningRequested requested) {
      return new PruningRequested(
          PruningRequest.newBuilder(requested.getRequest()).setRequestId(id).build());
    }
    SpecificRecord copy = (SpecificRecord) SpecificData.get().deepCopy(event.getSchema(), event);
    copy.put(event.getSchema().getField("requestId").pos(), id);
    return copy;
  }

  private static void publishDeadLetter() {
    ProducerRecord<byte[], byte[]> letter =
        new ProducerRecord<>(
            Topic.PRUNED_MODELS.deadLetterName(),
            0,
            "key".getBytes(StandardCharsets.UTF_8),
            "not an event".getBytes(StandardCharsets.UTF_8));
    Stream.of(
            List.of(EventHeaders.REASON, "INVALID_REQUEST"),
            List.of(EventHeaders.MESSAGE, "the model is missing"),
            List.of(EventHeaders.ATTEMPTS, "3"),
            List.of(EventHeaders.ORIGIN_TOPIC, Topic.PRUNED_MODELS.topicName()),
            List.of(EventHeaders.CORRELATION, OPEN))
        .forEach(h -> letter.headers().add(h.get(0), h.get(1).getBytes(StandardCharsets.UTF_8)));
    try (KafkaProducer<byte[], byte[]> producer = clients.producer(PATIENCE)) {
      producer.send(letter);
    }
  }

  private static ConsumerRecord<byte[], byte[]> find(
      String topic, Predicate<ConsumerRecord<byte[], byte[]>> wanted) {
    try (KafkaConsumer<byte[], byte[]> reader = clients.reader("test")) {
      List<TopicPartition> partitions =
          reader.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      reader.assign(partitions);
      reader.seekToBeginning(partitions);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (System.nanoTime() < deadline) {
        for (ConsumerRecord<byte[], byte[]> record : reader.poll(Duration.ofMillis(200))) {
          if (wanted.test(record)) {
            return record;
          }
        }
      }
    }
    throw new AssertionError("no such record in " + topic);
  }

  private static SpecificRecord decoded(ConsumerRecord<byte[], byte[]> record) {
    return CODEC.decode(record.topic(), record.headers(), record.value());
  }

  private static String key(ConsumerRecord<byte[], byte[]> record) {
    return new String(record.key(), StandardCharsets.UTF_8);
  }

  private static HttpRequest.Builder get(String path) {
    return HttpRequest.newBuilder(URI.create(dashboard.address() + path));
  }

  private static int status(HttpRequest.Builder request) throws Exception {
    return send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
  }

  private static <T> HttpResponse<T> send(
      HttpRequest.Builder request, HttpResponse.BodyHandler<T> body) throws Exception {
    return HttpClient.newHttpClient().send(request.build(), body);
  }

  private static JsonNode json(String path) throws Exception {
    return new ObjectMapper()
        .readTree(send(get(path), HttpResponse.BodyHandlers.ofString()).body());
  }
}
