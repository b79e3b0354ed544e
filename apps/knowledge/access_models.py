"""Who may read: a collection's readers, and what narrows them for a document or a folder of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.tenants.models import TenantForeignKey, TenantModel, TenantUnique


class Visibility(models.TextChoices):
    PRIVATE = "private", "Only me"
    PEOPLE = "people", "Chosen people"
    TEAMS = "teams", "Chosen teams"
    TENANT = "tenant", "Everyone"


class KnowledgeBasePerson(TenantModel):
    """A person may read a collection whose visibility is `people`."""

    knowledge_base = TenantForeignKey(
        "knowledge.KnowledgeBase", on_delete=models.CASCADE, related_name="people"
    )
    user = TenantForeignKey("accounts.User", on_delete=models.CASCADE)

    class Meta:
        constraints = [TenantUnique(fields=["knowledge_base", "user"], name="knowledge_base_person_once")]

    def __str__(self) -> str:
        return f"{self.user_id} reads {self.knowledge_base_id}"


class Restriction(TenantModel):
    """Narrows who may read a document, or a folder with all beneath it, among its collection's readers.

    A document is read by whom its collection and every restriction on it and on its folders admit: its own
    `owner`, and the people or teams that its visibility names. `tenant` needs no restriction.
    """

    knowledge_base = TenantForeignKey(
        "knowledge.KnowledgeBase", on_delete=models.CASCADE, related_name="restrictions"
    )
    document = TenantForeignKey(
        "knowledge.Document", on_delete=models.CASCADE, null=True, related_name="restrictions"
    )
    folder = models.CharField(max_length=500, blank=True)
    visibility = models.CharField(max_length=8, choices=Visibility, default=Visibility.PRIVATE)
    owner = TenantForeignKey("accounts.User", on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            TenantUnique(
                fields=["document"], name="restriction_of_document", condition=Q(document__isnull=False)
            ),
            TenantUnique(
                fields=["knowledge_base", "folder"],
                name="restriction_of_folder",
                condition=Q(document__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visibility}: {self.document_id or self.folder}"


class RestrictionReader(TenantModel):
    """A person or a team whom a restriction admits."""

    restriction = TenantForeignKey(Restriction, on_delete=models.CASCADE, related_name="readers")
    user = TenantForeignKey("accounts.User", on_delete=models.CASCADE, null=True)
    team = TenantForeignKey("accounts.Team", on_delete=models.CASCADE, null=True)

    class Meta:
        constraints = [
            TenantUnique(
                fields=["restriction", "user"], name="restriction_user", condition=Q(user__isnull=False)
            ),
            TenantUnique(
                fields=["restriction", "team"], name="restriction_team", condition=Q(team__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id or self.team_id} reads {self.restriction_id}"
