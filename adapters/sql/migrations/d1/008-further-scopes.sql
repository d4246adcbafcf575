update api_key set scopes = case
      when scopes like '%"admin"%' then replace(scopes, '"admin"', '"volumes:write","images:write"' || ',"admin"')
      else replace(scopes, ']', ',' || '"volumes:write","images:write"' || ']') end
      where scopes like '%"instances:write"%' and scopes not like '%"volumes:write"%';
