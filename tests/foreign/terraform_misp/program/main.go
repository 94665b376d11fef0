// Calls the client of Terraform's provider for MISP as its resources do: makes, reads, changes and deletes each; a
// line for each call, `ok NAME` or `failed NAME WHY`. It lies inside the provider's module, whose client is internal.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/Scriptception/terraform-provider-misp/internal/client"
)

func expect(so bool, what string, shown any) error {
	if so {
		return nil
	}
	return fmt.Errorf("%s: %+v", what, shown)
}

func refused(err error, status int) error {
	var told *client.APIError
	return expect(errors.As(err, &told) && told.StatusCode == status, "wanted a refusal", err)
}

type state struct {
	owner        *client.Client
	organisation *client.Organisation
	user         *client.User
	role         *client.Role
}

var ctx = context.Background()

type call struct {
	name string
	run  func(s *state) error
}

func main() {
	s := &state{}
	for _, call := range calls {
		if err := call.run(s); err != nil {
			fmt.Printf("failed %s %s\n", call.name, strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Printf("ok %s\n", call.name)
		}
	}
}

const setting = "Security.allow_self_registration"

var calls = []call{
	{"configure", func(s *state) (err error) {
		s.owner, err = client.New(client.Config{URL: os.Getenv("MISP_URL"), APIKey: os.Getenv("MISP_KEY")})
		return err
	}},
	{"wrong_key", func(s *state) error {
		stranger, err := client.New(client.Config{URL: os.Getenv("MISP_URL"), APIKey: strings.Repeat("a", 40)})
		if err != nil {
			return err
		}
		_, err = stranger.GetUser(ctx, "1")
		return refused(err, 403)
	}},
	{"create_organisation", func(s *state) (err error) {
		s.organisation, err = s.owner.CreateOrganisation(ctx, client.Organisation{
			Name: "Terraformed", Description: "one", Type: "CSIRT", Local: true,
			RestrictedToDomain: client.DomainList{"example.org"},
		})
		return errors.Join(err, expect(err != nil || s.organisation.Type == "CSIRT", "organisation", s.organisation))
	}},
	{"read_organisation", func(s *state) error {
		read, err := s.owner.GetOrganisation(ctx, s.organisation.UUID)
		return errors.Join(err, expect(err != nil || read.ID == s.organisation.ID && read.Local, "organisation", read))
	}},
	{"update_organisation", func(s *state) error {
		wanted := *s.organisation
		wanted.Sector = "Energy"
		wanted.RestrictedToDomain = client.DomainList{}
		_, err := s.owner.UpdateOrganisation(ctx, s.organisation.ID, wanted)
		read, again := s.owner.GetOrganisation(ctx, s.organisation.ID)
		changed := again == nil && read.Sector == "Energy" && len(read.RestrictedToDomain) == 0 && read.Description == "one"
		return errors.Join(err, again, expect(changed, "organisation", read))
	}},
	{"import_organisation_unknown", func(s *state) error {
		_, err := s.owner.GetOrganisation(ctx, "4711")
		return expect(client.IsNotFound(err), "wanted 404", err)
	}},
	{"create_role", func(s *state) (err error) {
		s.role, err = s.owner.CreateRole(ctx, client.Role{
			Name: "Terraformed", Permission: "2", PermAuth: true, PermTagger: true, MemoryLimit: "512M",
		})
		level := err != nil || bool(s.role.PermModifyOrg) && !bool(s.role.PermPublish)
		return errors.Join(err, expect(level, "role", s.role))
	}},
	{"read_role", func(s *state) error {
		read, err := s.owner.GetRole(ctx, s.role.ID)
		return errors.Join(err, expect(err != nil || read.Permission == "2" && bool(read.PermTagger), "role", read))
	}},
	{"update_role", func(s *state) error {
		wanted := *s.role
		wanted.PermTagger = false
		_, err := s.owner.UpdateRole(ctx, s.role.ID, wanted)
		read, again := s.owner.GetRole(ctx, s.role.ID)
		kept := again == nil && !bool(read.PermTagger) && bool(read.PermAuth) && read.MemoryLimit == "512M"
		return errors.Join(err, again, expect(kept, "role", read))
	}},
	{"create_user", func(s *state) (err error) {
		s.user, err = s.owner.CreateUser(ctx, client.User{
			Email: "terraform@example.org", OrgID: s.organisation.ID, RoleID: s.role.ID, Autoalert: true, ChangePw: true,
		})
		return errors.Join(err, expect(err != nil || s.user.RoleID == s.role.ID && s.user.Autoalert, "user", s.user))
	}},
	{"create_user_twice", func(s *state) error {
		_, err := s.owner.CreateUser(ctx, client.User{Email: "terraform@example.org", RoleID: "3"})
		return refused(err, 403)
	}},
	{"read_user", func(s *state) error {
		read, err := s.owner.GetUser(ctx, s.user.ID)
		return errors.Join(err, expect(err != nil || *read == *s.user, "user", read))
	}},
	{"update_user_with_what_was_read_changes_nothing", func(s *state) error {
		read, err := s.owner.GetUser(ctx, s.user.ID)
		if err != nil {
			return err
		}
		_, err = s.owner.UpdateUser(ctx, s.user.ID, *read)
		again, err2 := s.owner.GetUser(ctx, s.user.ID)
		return errors.Join(err, err2, expect(err2 != nil || *again == *read, "user", again))
	}},
	{"update_user", func(s *state) error {
		wanted := *s.user
		wanted.RoleID, wanted.Disabled, wanted.Autoalert = "4", true, false
		_, err := s.owner.UpdateUser(ctx, s.user.ID, wanted)
		read, again := s.owner.GetUser(ctx, s.user.ID)
		changed := again == nil && read.RoleID == "4" && read.Disabled && !read.Autoalert
		return errors.Join(err, again, expect(changed, "user", read))
	}},
	{"read_setting", func(s *state) error {
		read, err := s.owner.GetSetting(ctx, setting)
		return errors.Join(err, expect(err != nil || read.Value == "false", "setting", read))
	}},
	{"update_setting", func(s *state) error {
		err := s.owner.UpdateSetting(ctx, setting, "true")
		read, again := s.owner.GetSetting(ctx, setting)
		return errors.Join(err, again, expect(again != nil || read.Value == "true", "setting", read))
	}},
	{"update_setting_back", func(s *state) error {
		err := s.owner.UpdateSetting(ctx, setting, "false")
		read, again := s.owner.GetSetting(ctx, setting)
		return errors.Join(err, again, expect(again != nil || read.Value == "false", "setting", read))
	}},
	{"read_unknown_setting", func(s *state) error {
		_, err := s.owner.GetSetting(ctx, "MISP.nothing")
		return expect(client.IsNotFound(err), "wanted 404", err)
	}},
	{"delete_organisation_with_people", func(s *state) error {
		return refused(s.owner.DeleteOrganisation(ctx, s.organisation.ID), 403)
	}},
	{"delete_user", func(s *state) error {
		err := s.owner.DeleteUser(ctx, s.user.ID)
		_, gone := s.owner.GetUser(ctx, s.user.ID)
		return errors.Join(err, expect(client.IsNotFound(gone), "wanted 404", gone))
	}},
	{"delete_role", func(s *state) error {
		err := s.owner.DeleteRole(ctx, s.role.ID)
		_, gone := s.owner.GetRole(ctx, s.role.ID)
		return errors.Join(err, expect(client.IsNotFound(gone), "wanted 404", gone))
	}},
	{"delete_organisation", func(s *state) error {
		err := s.owner.DeleteOrganisation(ctx, s.organisation.ID)
		_, gone := s.owner.GetOrganisation(ctx, s.organisation.ID)
		return errors.Join(err, expect(client.IsNotFound(gone), "wanted 404", gone))
	}},
}
